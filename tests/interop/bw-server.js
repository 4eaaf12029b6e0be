// bw-server.js FOLDER EMAIL PASSWORD: as much of a Bitwarden server as the real bw needs to log in,
// sync, and keep items and attachments. It knows one account, keeps what bw sealed as it came, and
// only on 127.0.0.1, over TLS with FOLDER/cert.pem and FOLDER/key.pem. It prints its port, and ends
// when its standard input does: with the test that holds the other end.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const https = require('https');

const [folder, email, password] = process.argv.slice(2);
const ITERATIONS = 600000; // bw refuses fewer than its own minimum
const now = () => new Date().toISOString();

// The account's keys, as bw makes them: a master key from the password, stretched, over the user
// key, over everything else.
const pbkdf2 = (secret, salt, rounds) => crypto.pbkdf2Sync(secret, salt, rounds, 32, 'sha256');
const expand = (key, info) => crypto.createHmac('sha256', key).update(info + '\x01').digest();

// EncString type 2: AES-256-CBC, then HMAC-SHA256 over IV and ciphertext.
function seal(key, bytes) {
  const iv = crypto.randomBytes(16);
  const cipher = crypto.createCipheriv('aes-256-cbc', key.subarray(0, 32), iv);
  const text = Buffer.concat([cipher.update(bytes), cipher.final()]);
  const mac = crypto.createHmac('sha256', key.subarray(32)).update(iv).update(text).digest();
  return '2.' + [iv, text, mac].map((part) => part.toString('base64')).join('|');
}

function makeAccount() {
  const master = pbkdf2(password, email, ITERATIONS);
  const stretched = Buffer.concat([expand(master, 'enc'), expand(master, 'mac')]);
  const userKey = crypto.randomBytes(64);
  const pair = crypto.generateKeyPairSync('rsa', { modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' } });
  return { id: crypto.randomUUID(), hash: pbkdf2(master, password, 1).toString('base64'),
    key: seal(stretched, userKey), privateKey: seal(userKey, pair.privateKey),
    publicKey: pair.publicKey.toString('base64') };
}

const account = makeAccount();
const ciphers = new Map();
const blobs = new Map(); // attachment id: bytes
const kdf = { kdf: 0, kdfIterations: ITERATIONS, kdfMemory: null, kdfParallelism: null };
const accountKeys = { publicKeyEncryptionKeyPair: { publicKey: account.publicKey,
  wrappedPrivateKey: account.privateKey } };
const unlock = { masterPasswordUnlock: { salt: email, masterKeyEncryptedUserKey: account.key,
  kdf: { kdfType: 0, iterations: ITERATIONS } } };

const part = (object) => Buffer.from(JSON.stringify(object)).toString('base64url');
const token = () => [part({ alg: 'none' }), part({ sub: account.id, email, name: 'test',
  email_verified: true, premium: true, amr: ['Application'], scope: ['api', 'offline_access'],
  nbf: 0, exp: Math.floor(Date.now() / 1000) + 3600 }), ''].join('.');

function login(body) {
  const form = new URLSearchParams(body.toString());
  const known = form.get('grant_type') === 'refresh_token'
    || form.get('username') === email && form.get('password') === account.hash;
  if (!known) {
    return [400, { error: 'invalid_grant', error_description: 'invalid_username_or_password' }];
  }
  return [200, { access_token: token(), expires_in: 3600, token_type: 'Bearer',
    refresh_token: 'refresh', scope: 'api offline_access', key: account.key,
    privateKey: account.privateKey, accountKeys, ...kdf, forcePasswordReset: false,
    resetMasterPassword: false, userDecryptionOptions: { hasMasterPassword: true, ...unlock } }];
}

const profile = () => ({ object: 'profile', id: account.id, name: 'test', email,
  emailVerified: true, premium: true, culture: 'en-US', twoFactorEnabled: false, key: account.key,
  privateKey: account.privateKey, accountKeys, securityStamp: 'stamp', creationDate: now(),
  organizations: [], providers: [], providerOrganizations: [], verifyDevices: false });

const sync = () => [200, { object: 'sync', profile: profile(), folders: [], collections: [],
  ciphers: [...ciphers.values()], policies: [], sends: [], domains: null, userDecryption: unlock }];

function createCipher(body) {
  const sent = JSON.parse(body);
  const made = { ...sent, object: 'cipherDetails', id: crypto.randomUUID(), edit: true,
    viewPassword: true, permissions: { delete: true, restore: true }, organizationUseTotp: true,
    collectionIds: [], attachments: null, revisionDate: now(), creationDate: now(),
    deletedDate: null };
  ciphers.set(made.id, made);
  return [200, made];
}

function createAttachment(body, [, cipher]) {
  const sent = JSON.parse(body);
  const id = crypto.randomBytes(16).toString('hex');
  const held = ciphers.get(cipher);
  held.attachments = (held.attachments || []).concat({ object: 'attachment', id,
    fileName: sent.fileName, key: sent.key, size: String(sent.fileSize), sizeName: 'small',
    url: `${base()}/blob/${id}` });
  return [200, { object: 'attachment-fileUpload', attachmentId: id, fileUploadType: 0,
    url: `${base()}/api/ciphers/${cipher}/attachment/${id}`, cipherResponse: held }];
}

// The bytes of the one file in a multipart body.
function uploadAttachment(body, [, , id], type) {
  const boundary = '\r\n--' + type.match(/boundary="?([^";]+)/)[1];
  const start = body.indexOf('\r\n\r\n') + 4;
  blobs.set(id, body.subarray(start, body.indexOf(boundary, start)));
  return [200, {}];
}

function attachment(_, [, cipher, id]) {
  return [200, ciphers.get(cipher).attachments.find((one) => one.id === id)];
}

const routes = [
  ['POST', /^\/identity\/accounts\/prelogin(\/password)?$/, () => [200, { ...kdf, salt: email }]],
  ['POST', /^\/identity\/connect\/token$/, login],
  ['GET', /^\/api\/config$/, () => [200, { object: 'config', version: '2026.1.0', gitHash: '0',
    environment: { vault: base(), api: base() + '/api', identity: base() + '/identity' },
    featureStates: {} }]],
  ['GET', /^\/api\/sync$/, sync],
  ['GET', /^\/api\/accounts\/profile$/, () => [200, profile()]],
  ['GET', /^\/api\/accounts\/revision-date$/, () => [200, Date.now()]],
  ['POST', /^\/api\/ciphers$/, createCipher],
  ['POST', /^\/api\/ciphers\/([^/]+)\/attachment\/v2$/, createAttachment],
  ['POST', /^\/api\/ciphers\/([^/]+)\/attachment\/([^/]+)$/, uploadAttachment],
  ['GET', /^\/api\/ciphers\/([^/]+)\/attachment\/([^/]+)$/, attachment],
  ['GET', /^\/blob\/([^/]+)$/, (_, [, id]) => [200, blobs.get(id)]],
];

function answer(request, body) {
  const path = request.url.replace(/\?.*/, '');
  for (const [method, pattern, handle] of routes) {
    const match = request.method === method && path.match(pattern);
    if (match) {
      return handle(body, match, request.headers['content-type']);
    }
  }
  console.error(`no answer to ${request.method} ${path}`);
  return [404, { message: 'not found' }];
}

const server = https.createServer({ cert: fs.readFileSync(`${folder}/cert.pem`),
  key: fs.readFileSync(`${folder}/key.pem`) }, (request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const [status, value] = answer(request, Buffer.concat(chunks));
    const raw = Buffer.isBuffer(value);
    response.writeHead(status, { 'content-type': raw ? 'application/octet-stream'
      : 'application/json' });
    response.end(raw ? value : JSON.stringify(value));
  });
});
const base = () => `https://127.0.0.1:${server.address().port}`;

server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume().on('end', () => process.exit(0));
