// What an app does with the clients of AWS Secrets Manager that npm has: aws.py runs this against a daemon.
//
//     node aws_npm.js CLIENT
'use strict';

const http = require('http');
const { end, equal, ok, own, refusal } = require('./npm_checks');

const ENDPOINT = process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER;
const SDK = '@aws-sdk/client-secrets-manager';

// Between the client and the daemon: passes each request on, and lets trouble(n, socket, answer) spoil the n-th answer.
async function between(trouble, use) {
    const tokens = [];
    const server = http.createServer((incoming, outgoing) => {
        const pieces = [];
        incoming.on('data', (piece) => pieces.push(piece));
        incoming.on('end', () => {
            const body = Buffer.concat(pieces);
            tokens.push(JSON.parse(body).ClientRequestToken);
            const { host, ...headers } = incoming.headers;
            const onwards = http.request(ENDPOINT, { method: incoming.method, path: incoming.url, headers }, (answer) => {
                const parts = [];
                answer.on('data', (piece) => parts.push(piece));
                answer.on('end', () => {
                    if (!trouble(tokens.length, incoming.socket, outgoing)) {
                        outgoing.writeHead(answer.statusCode, answer.headers);
                        outgoing.end(Buffer.concat(parts));
                    }
                });
            });
            onwards.end(body);
        });
    });
    await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    try {
        await use(`http://127.0.0.1:${server.address().port}`, tokens);
    } finally {
        server.closeAllConnections();
        server.close();
    }
}

async function sdk() {
    const {
        SecretsManager, GetSecretValueCommand, SecretsManagerClient, paginateListSecrets, ResourceNotFoundException,
    } = require(SDK);
    const aws = new SecretsManager(); // all of it from the environment

    const made = await aws.createSecret({ Name: 'app/db', SecretString: '{"user":"ü"}', Tags: [{ Key: 'k', Value: 'v' }] });
    equal((await new SecretsManagerClient().send(new GetSecretValueCommand({ SecretId: made.ARN }))).SecretString, '{"user":"ü"}', 'create and get');
    await aws.putSecretValue({ SecretId: 'app/db', SecretBinary: new Uint8Array([0, 255]) });
    const value = await aws.getSecretValue({ SecretId: 'app/db' });
    equal([...value.SecretBinary], [0, 255], 'a binary value');
    equal(value.CreatedDate.toISOString(), '2000-01-01T00:00:00.000Z', 'times are dates');
    const batch = await aws.batchGetSecretValue({ SecretIdList: ['app/db', 'none'] });
    equal([batch.SecretValues.length, batch.Errors[0].ErrorCode], [1, 'ResourceNotFoundException'], 'a batch');
    await aws.rotateSecret({ SecretId: 'app/db', RotationRules: { AutomaticallyAfterDays: 1 } });
    const rotated = (await aws.getSecretValue({ SecretId: 'app/db' })).SecretString;
    await own('POST', '/v1/clock/advance', { by: '1d' });
    ok((await aws.getSecretValue({ SecretId: 'app/db' })).SecretString !== rotated, 'it rotates when the clock gets there');
    equal((await aws.describeSecret({ SecretId: 'app/db' })).LastRotatedDate.toISOString(), '2000-01-02T00:00:00.000Z', 'and says so');
    for (let number = 10; number < 22; number += 1) {
        await aws.createSecret({ Name: `page/${number}`, SecretString: 'x' });
    }
    const names = [];
    for await (const page of paginateListSecrets({ client: aws, pageSize: 5 }, { Filters: [{ Key: 'name', Values: ['page/'] }] })) {
        names.push(...page.SecretList.map((secret) => secret.Name));
    }
    equal([names.length, new Set(names).size], [12, 12], 'pages');
    const missing = await refusal(aws.getSecretValue({ SecretId: 'none' }));
    ok(missing instanceof ResourceNotFoundException && missing.$metadata.httpStatusCode === 400 && missing.$metadata.attempts === 1,
        'a refusal is its exception, and is not tried again', missing);
    const wrong = new SecretsManager({ credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'x' } });
    equal((await refusal(wrong.listSecrets({}))).name, 'UnrecognizedClientException', 'another access key');
    await retries(SecretsManager, aws);
}

// An answer that is lost, and a 503: the client asks again by itself, with the same ClientRequestToken.
async function retries(SecretsManager, aws) {
    const troubles = {
        'its answer is lost': (number, socket) => number === 1 && Boolean(socket.destroy()),
        'a 503 comes in its place': (number, socket, outgoing) => {
            if (number !== 1) {
                return false;
            }
            outgoing.writeHead(503);
            return Boolean(outgoing.end());
        },
    };
    await aws.createSecret({ Name: 'retried', SecretString: '0' });
    for (const [what, trouble] of Object.entries(troubles)) {
        await between(trouble, async (endpoint, tokens) => {
            const before = (await own('GET', '/v1/metadata/retried')).metadata.version;
            const put = await new SecretsManager({ endpoint }).putSecretValue({ SecretId: 'retried', SecretString: what });
            equal([tokens.length, tokens[0] === tokens[1], put.$metadata.attempts], [2, true, 2], `${what}: a put is tried again`);
            const after = (await own('GET', '/v1/metadata/retried')).metadata;
            equal([after.version, put.VersionId], [before + 1, tokens[0]], 'and has made one version, with its token for an id');
            equal((await aws.getSecretValue({ SecretId: 'retried' })).SecretString, what, 'with its value');
        });
    }
}

async function powertools() {
    const { SecretsProvider } = require('@aws-lambda-powertools/parameters/secrets');
    const aws = new (require(SDK).SecretsManager)();
    const cache = new SecretsProvider();

    await aws.createSecret({ Name: 'app/cached', SecretString: '{"n":1}' });
    equal(await cache.get('app/cached', { transform: 'json', maxAge: 600 }), { n: 1 }, 'a value, from JSON');
    await aws.putSecretValue({ SecretId: 'app/cached', SecretString: '{"n":2}' });
    equal(await cache.get('app/cached', { transform: 'json', maxAge: 600 }), { n: 1 }, 'its cache keeps it');
    equal(await cache.get('app/cached', { transform: 'json', forceFetch: true }), { n: 2 }, 'until it is asked to fetch');
    equal(await cache.get('app/cached', { sdkOptions: { VersionStage: 'AWSPREVIOUS' }, forceFetch: true }), '{"n":1}', 'the previous one');
    await aws.putSecretValue({ SecretId: 'app/cached', SecretBinary: new Uint8Array([1, 2]) });
    equal([...await cache.get('app/cached', { forceFetch: true })], [1, 2], 'a binary value');
    equal((await refusal(cache.get('app/none'))).name, 'GetParameterError', 'not found');
}

const clients = { [SDK]: sdk, '@aws-lambda-powertools/parameters': powertools };

end(clients[process.argv[2]]());
