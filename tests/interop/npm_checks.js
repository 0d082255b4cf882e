// What the checks of the clients from npm share: results as TAP, and GhostKey's own API.
'use strict';

const http = require('http');
const { isDeepStrictEqual } = require('util');

let count = 0;

function ok(isRight, what, note) {
    count += 1;
    console.log(`${isRight ? 'ok' : 'not ok'} ${count} - ${what}`);
    if (!isRight) {
        console.log(`# ${JSON.stringify(note)}`);
    }
}

function equal(got, wanted, what) {
    ok(isDeepStrictEqual(got, wanted), what, { got, wanted });
}

// What a promise is refused with; it is a failure if it is not.
async function refusal(promise) {
    try {
        return { answered: await promise };
    } catch (error) {
        return error;
    }
}

// A request to GhostKey's own API, over the Unix socket.
function own(method, path, body) {
    return new Promise((resolve, reject) => {
        const request = http.request({
            socketPath: process.env.GHOSTKEY_SOCKET, method, path, headers: { 'Content-Type': 'application/json' },
        }, (answer) => {
            let text = '';
            answer.on('data', (piece) => { text += piece; });
            answer.on('end', () => resolve(JSON.parse(text)));
        });
        request.on('error', reject);
        request.end(body && JSON.stringify(body));
    });
}

// Waits for the checks, and ends the process: a client may keep connections.
function end(checks) {
    checks.then(() => {
        console.log(`1..${count}`);
        process.exit(0);
    }, (error) => {
        ok(false, 'it ran to its end', error.stack || error);
        process.exit(1);
    });
}

module.exports = { end, equal, ok, own, refusal };
