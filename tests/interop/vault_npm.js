// What an app does with the clients of Vault that npm has: vault.py runs this against a daemon.
//
//     node vault_npm.js CLIENT
'use strict';

const http = require('http');
const { pathToFileURL } = require('url');
const { end, equal, ok, own, refusal } = require('./npm_checks');

const ADDRESS = process.env.VAULT_ADDR;
const TOKEN = process.env.VAULT_TOKEN;
const SOCKET = process.env.GHOSTKEY_SOCKET;
delete process.env.VAULT_TOKEN; // node-vault takes it where an app gives none
const LOGIN = { role_id: 'role', secret_id: TOKEN };
const TEXTS = { user: 'u', pw: 'ü' }; // @litehex/node-vault takes nothing but texts
const VALUE = { user: 'u', pw: 'p', n: 1, deep: { list: [null, true, 'ü'] } };

const advance = (seconds) => own('POST', '/v1/clock/advance', { by: seconds });

async function nodeVault() {
    const vault = require('node-vault')({ endpoint: ADDRESS, token: '' });

    ok((await vault.initialized()).initialized && !(await vault.status()).sealed && (await vault.health()).version, 'the server');
    equal((await refusal(vault.read('secret/data/app'))).response.statusCode, 403, 'without a token: 403');
    vault.token = (await vault.approleLogin(LOGIN)).auth.client_token;
    equal((await vault.tokenLookupSelf()).data.ttl, 3600, 'approleLogin, tokenLookupSelf');
    await vault.mount({ mount_point: 'team', type: 'kv', options: { version: '2' } });
    ok('team/' in (await vault.mounts()).data, 'mount, mounts');
    for (const mount of ['secret', 'team']) {
        equal((await vault.write(`${mount}/data/app`, { data: VALUE })).data.version, 1, `${mount}: write`);
        equal((await vault.read(`${mount}/data/app`)).data.data, VALUE, `${mount}: read`);
        equal((await vault.list(`${mount}/metadata/`)).data.keys, ['app'], `${mount}: list`);
        equal(await vault.delete(`${mount}/data/app`), '', `${mount}: delete`);
        equal((await refusal(vault.read(`${mount}/data/app`))).response.statusCode, 404, `${mount}: it is deleted`);
        await vault.write(`${mount}/undelete/app`, { versions: [1] });
        equal((await vault.read(`${mount}/data/app`)).data.data, VALUE, `${mount}: undeleted`);
    }
    await vault.unmount({ mount_point: 'team' });
    ok(!('team/' in (await vault.mounts()).data), 'unmount');
    equal((await vault.tokenRenewSelf({ increment: '2h' })).auth.lease_duration, 7200, 'tokenRenewSelf');
    await advance(7200);
    const ended = await refusal(vault.read('secret/data/app'));
    equal([ended.message, ended.response.statusCode], ['permission denied', 403], 'the end of the token');
    await vault.userpassLogin({ username: 'bob', password: TOKEN });
    equal((await vault.read('secret/data/app')).data.data, VALUE, 'userpassLogin helps');
    await vault.kubernetesLogin({ mount_point: 'kubernetes', role: 'r', jwt: TOKEN });
    equal((await vault.read('secret/data/app')).data.data, VALUE, 'kubernetesLogin');
    await vault.tokenRevokeSelf();
    equal((await refusal(vault.tokenLookupSelf())).response.statusCode, 403, 'tokenRevokeSelf');
}

async function litehex() {
    const { Client } = require('@litehex/node-vault');
    const vault = new Client({ endpoint: ADDRESS, token: TOKEN });
    const at = { mountPath: 'team', path: 'app' };
    const value = TEXTS;

    equal((await vault.sealStatus()).data.sealed, false, 'sealStatus');
    equal(await vault.mount({ mountPath: 'team', type: 'kv-v2' }), { data: true }, 'mount');
    equal((await vault.engineInfo({ mountPath: 'team' })).data.options, { version: '2' }, 'engineInfo');
    equal((await vault.kv2.write({ ...at, data: value })).data.data.version, 1, 'kv2.write');
    equal((await vault.kv2.read(at)).data.data.data, value, 'kv2.read');
    equal((await vault.kv2.list({ mountPath: 'team', path: '' })).data.data.keys, ['app'], 'kv2.list');
    equal((await vault.kv2.readMetadata(at)).data.data.current_version, 1, 'kv2.readMetadata');
    equal(await vault.kv2.deleteLatest(at), { data: true }, 'kv2.deleteLatest');
    ok((await vault.kv2.read(at)).error, 'it is deleted');
    equal(await vault.kv2.undelete({ ...at, versions: [1] }), { data: true }, 'kv2.undelete');
    equal((await vault.kv2.read(at)).data.data.data, value, 'it is there');
    equal(await vault.kv2.destroy({ ...at, versions: [1] }), { data: true }, 'kv2.destroy');
    equal(await vault.kv2.deleteMetadata(at), { data: true }, 'kv2.deleteMetadata');
    equal(await vault.unmount({ mountPath: 'team' }), { data: true }, 'unmount');
}

async function hashiVaultJs() {
    const { default: Vault } = await import(pathToFileURL(require.resolve('hashi-vault-js')));
    const vault = new Vault({ baseUrl: `${ADDRESS}/v1`, timeout: 20000, proxy: false });

    equal((await vault.healthCheck({})).sealed, false, 'healthCheck');
    equal((await vault.sealStatus()).sealed, false, 'sealStatus');
    const token = (await vault.loginWithAppRole('role', TOKEN)).client_token;
    equal((await vault.lookupSelfToken(token)).ttl, 3600, 'loginWithAppRole, lookupSelfToken');
    equal((await vault.createKVSecret(token, 'app', VALUE)).version, 1, 'createKVSecret');
    equal((await refusal(vault.createKVSecret(token, 'app', VALUE))).response.status, 400, 'again: it is there');
    equal((await vault.updateKVSecret(token, 'app', { a: 'b' }, 1)).version, 2, 'updateKVSecret');
    equal((await vault.readKVSecret(token, 'app', 1)).data, VALUE, 'readKVSecret');
    equal((await vault.listKVSecrets(token, '')).keys, ['app'], 'listKVSecrets');
    await vault.deleteLatestVerKVSecret(token, 'app');
    await vault.undeleteVersionsKVSecret(token, 'app', [2]);
    await vault.deleteVersionsKVSecret(token, 'app', [1]);
    await vault.destroyVersionsKVSecret(token, 'app', [1]);
    equal((await vault.readKVSecretMeta(token, 'app')).versions['1'].destroyed, true, 'delete, undelete, destroy, readKVSecretMeta');
    await vault.updateKVEngineConfig(token, { max_versions: 5 });
    equal((await vault.readKVEngineConfig(token)).max_versions, 5, 'updateKVEngineConfig, readKVEngineConfig');
    await vault.eliminateKVSecret(token, 'app');
    const gone = await refusal(vault.readKVSecret(token, 'app'));
    equal([gone.isVaultError, gone.response.status], [true, 404], 'eliminateKVSecret');
    equal((await vault.renewSelfToken(token, '2h')).lease_duration, 7200, 'renewSelfToken');
    await advance(7200);
    equal((await refusal(vault.listKVSecrets(token, ''))).response.status, 403, 'the end of the token');
    const made = await vault.createToken(TOKEN, { ttl: '5m' });
    equal((await vault.lookupToken(TOKEN, made.client_token)).creation_ttl, 300, 'createToken, lookupToken');
    await vault.revokeToken(TOKEN, made.client_token);
    equal((await refusal(vault.lookupToken(TOKEN, made.client_token))).response.status, 403, 'revokeToken');
}

async function nodeVaultClient() {
    const VaultClient = require('node-vault-client');
    const make = (auth) => new VaultClient({ api: { url: ADDRESS }, auth, logger: false });
    const byToken = make({ type: 'token', config: { token: TOKEN } });
    const byRole = make({ type: 'appRole', config: LOGIN });

    await byToken.write('secret/data/app', { data: VALUE });
    equal((await byToken.read('secret/data/app')).getValue('data'), VALUE, 'with a token: write, read');
    equal((await byRole.read('secret/data/app')).getValue('data'), VALUE, 'by AppRole: login, lookup-self, read');
    equal((await byRole.list('secret/metadata')).getValue('keys'), ['app'], 'list');
    await advance(3600);
    equal((await refusal(byRole.read('secret/data/app'))).statusCode, 403, 'the end of the token by a clock that was moved');
    const again = make({ type: 'appRole', config: LOGIN });
    equal((await again.read('secret/data/app')).getValue('data'), VALUE, 'a new login helps');
}

// fetch() over the Unix socket.
function fetchLocally(url, { method, headers, body } = {}) {
    return new Promise((resolve, reject) => {
        const request = http.request({
            socketPath: SOCKET, method, path: new URL(url).pathname, headers: Object.fromEntries(new Headers(headers)),
        }, (answer) => {
            const pieces = [];
            answer.on('data', (piece) => pieces.push(piece));
            answer.on('end', () => resolve(new Response(pieces.length ? Buffer.concat(pieces) : null, {
                status: answer.statusCode, headers: answer.headers,
            })));
        });
        request.on('error', reject);
        request.end(body);
    });
}

// Over the Unix socket, where any token is right. hashi-vault-js and node-vault-client cannot be told to use one.
const locally = {
    'node-vault': async () => {
        require('axios').defaults.socketPath = SOCKET;
        const vault = require('node-vault')({ endpoint: 'http://localhost', token: 'any' });
        await vault.write('secret/data/local', { data: VALUE });
        return (await vault.read('secret/data/local')).data.data;
    },
    '@litehex/node-vault': async () => {
        const { Client } = require('@litehex/node-vault');
        const vault = new Client({ endpoint: 'http://localhost', token: 'any', fetcher: fetchLocally });
        await vault.kv2.write({ mountPath: 'secret', path: 'local', data: TEXTS });
        return (await vault.kv2.read({ mountPath: 'secret', path: 'local' })).data.data.data;
    },
};

const clients = {
    'node-vault': nodeVault,
    '@litehex/node-vault': litehex,
    'hashi-vault-js': hashiVaultJs,
    'node-vault-client': nodeVaultClient,
};

async function run(client) {
    await clients[client]();
    if (client in locally) {
        equal(await locally[client](), client === '@litehex/node-vault' ? TEXTS : VALUE, 'over the Unix socket: write, read');
    }
}

end(run(process.argv[2]));
