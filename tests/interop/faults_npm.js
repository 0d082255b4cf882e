// What the AWS JavaScript SDK and node-vault do when their broker fails: faults.py runs this against a daemon.
//
//     node faults_npm.js @aws-sdk/client-secrets-manager | node-vault
'use strict';

const { end, equal, ok, own } = require('./npm_checks');

const ATTEMPTS = 3; // of the SDK's standard mode
const PAUSE_MAX_MS = 2000; // between two of them
const TIMEOUT_MS = 500;
const DELAY_MS = 300;
const DEADLINE_MS = 10000;

// What a promise gives, or the error.
async function outcome(promise) {
    try {
        return await promise;
    } catch (error) {
        return error;
    }
}

// The statuses of the requests that came after that one, once there are so many.
async function seenAfter(seq, wanted) {
    const end = Date.now() + DEADLINE_MS;
    for (;;) {
        const { requests } = await own('GET', `/v1/requests?after=${seq}&limit=1000`);
        const found = requests.filter((each) => each.api !== 'ghostkey').map((each) => each.status);
        if (found.length >= wanted || Date.now() > end) {
            return found;
        }
        await new Promise((resolve) => { setTimeout(resolve, 10); });
    }
}

// -> { result, seen, took }: of a call under a rule
async function under(effect, wanted, call, { when = {}, operation = 'read' } = {}) {
    await own('PUT', '/v1/faults/f', { match: { operation }, effect, when });
    const { next } = await own('GET', '/v1/requests?limit=1000');
    const begun = Date.now();
    const result = await outcome(call());
    const took = Date.now() - begun;
    const seen = await seenAfter(next, wanted);
    await own('DELETE', '/v1/faults/f');
    return { result, seen, took };
}

async function sdk() {
    const { SecretsManager } = require('@aws-sdk/client-secrets-manager');
    const { NodeHttpHandler } = require('@smithy/node-http-handler');
    const aws = new SecretsManager({
        maxAttempts: ATTEMPTS,
        requestHandler: new NodeHttpHandler({ socketTimeout: TIMEOUT_MS, requestTimeout: TIMEOUT_MS, throwOnRequestTimeout: true }),
    });
    let paused = 0;
    await aws.createSecret({ Name: 'a', SecretString: 'one' });
    await aws.putSecretValue({ SecretId: 'a', SecretString: 'two' });
    const get = async () => (await aws.getSecretValue({ SecretId: 'a' })).SecretString;

    const errors = {
        throttled: ['ThrottlingException', ATTEMPTS], unavailable: ['ServiceUnavailableException', ATTEMPTS],
        internal: ['InternalServiceError', ATTEMPTS], sealed: ['ServiceUnavailableException', ATTEMPTS],
        forbidden: ['AccessDeniedException', 1], not_found: ['ResourceNotFoundException', 1],
    };
    for (const [kind, [name, attempts]] of Object.entries(errors)) {
        const { result, seen } = await under({ error: kind }, attempts, get);
        equal([result.name, result.$metadata && result.$metadata.attempts, seen.length], [name, attempts, attempts],
            `${kind}: ${name} after ${attempts} requests`);
        const pauses = result.$metadata && result.$metadata.totalRetryDelay;
        ok(pauses >= 0 && pauses <= PAUSE_MAX_MS * (attempts - 1), `${kind}: with pauses between`, { pauses });
        paused += pauses;
        if (attempts > 1) {
            const twice = await under({ error: kind }, ATTEMPTS, get, { when: { times: ATTEMPTS - 1 } });
            equal([twice.result, twice.seen.length], ['two', ATTEMPTS], `${kind} twice: the third attempt has the value`);
        }
    }
    ok(paused > 0, 'not all pauses are of no time', { paused }); // each is a random one
    let { result, seen, took } = await under({ status: 418 }, 1, get);
    equal([result.$metadata.httpStatusCode, seen], [418, [418]], '418: gives up at once');
    ({ result, seen, took } = await under({ delay: `${DELAY_MS}ms` }, 1, get));
    equal([result, seen, took >= DELAY_MS], ['two', [200], true], 'slow: waits');
    ({ result, seen } = await under({ delay: '10m' }, ATTEMPTS, get));
    equal([result.name, seen], ['TimeoutError', Array(ATTEMPTS).fill(null)], 'hang: three attempts, each given up after its time limit');
    ({ result, seen } = await under({ drop: 'before' }, ATTEMPTS, get));
    equal([result.code, seen], ['ECONNRESET', Array(ATTEMPTS).fill(null)], 'reset: three attempts');
    ({ result, seen } = await under({ drop: 'before' }, 2, get, { when: { times: 1 } }));
    equal([result, seen], ['two', [null, 200]], 'reset once: the second has the value');
    ({ result, seen } = await under({ drop: 'after' }, 2, () => aws.putSecretValue({ SecretId: 'a', SecretString: 'three' }),
        { when: { times: 1 }, operation: 'write' }));
    const { Versions: versions } = await aws.listSecretVersionIds({ SecretId: 'a' });
    equal([seen, versions.length, versions.some((each) => each.VersionId === result.VersionId)], [[null, 200], 2, true],
        'a lost answer to a put: asked again, it is one version');
    ({ result, seen } = await under({ truncate: 10 }, 1, get));
    ok(result instanceof Error && seen.every((status) => status === 200), 'truncated: an error', { result, seen });
    ({ result, seen } = await under({ stale: true }, 1, get));
    equal([result, seen], ['two', [200]], 'stale: the previous value');
    equal(await get(), 'three', 'without a fault, the current one');
}

async function nodeVault() {
    const vault = require('node-vault')({ endpoint: process.env.VAULT_ADDR, token: process.env.VAULT_TOKEN, requestOptions: { timeout: TIMEOUT_MS } });
    await vault.write('secret/data/a', { data: { value: 'one' } });
    await vault.write('secret/data/a', { data: { value: 'two' } });
    const get = async () => (await vault.read('secret/data/a')).data.data.value;

    const errors = { throttled: 429, unavailable: 503, internal: 500, sealed: 503, forbidden: 403, not_found: 404 };
    for (const [kind, status] of Object.entries(errors)) {
        const { result, seen } = await under({ error: kind }, 1, get);
        equal([result.response && result.response.statusCode, seen], [status, [status]], `${kind}: ${status}, without another attempt`);
    }
    ok((await under({ error: 'sealed' }, 1, get)).result.message.includes('sealed'), 'a sealed server is named');
    let { result, seen, took } = await under({ delay: `${DELAY_MS}ms` }, 1, get);
    equal([result, seen, took >= DELAY_MS], ['two', [200], true], 'slow: waits');
    ({ result, seen } = await under({ delay: '10m' }, 1, get));
    equal([result instanceof Error, seen], [true, [null]], 'hang: its time limit');
    ({ result, seen } = await under({ drop: 'before' }, 1, get));
    equal([result instanceof Error, seen], [true, [null]], 'reset: an error, without another attempt');
    ({ result, seen } = await under({ truncate: 10 }, 1, get));
    ok(result instanceof Error && seen.length === 1, 'truncated: an error', { result, seen });
    ({ result, seen } = await under({ stale: true }, 1, get));
    equal([result, seen], ['one', [200]], 'stale: the previous value');
    equal(await get(), 'two', 'without a fault, the current one');
}

const clients = { '@aws-sdk/client-secrets-manager': sdk, 'node-vault': nodeVault };
end(clients[process.argv[2]]());
