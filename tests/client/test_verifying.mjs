/*
 * The service of docs/VERIFYING.md, as it stands there, verifies what it says
 * it verifies.
 */
import { generateKeyPairSync } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { SignJWT, decodeJwt, decodeProtectedHeader } from 'jose';
import { after, before, is, matches, secret, stand, test }
	from '../http/suite.mjs';
import { startProcess, stopProcess } from '../lib/cleanup.mjs';
import { request } from '../lib/http.mjs';
import { SOURCE } from '../lib/paths.mjs';
import { person } from './app.mjs';

const AUDIENCE = 'https://notes.example.com';
const EXPIRES_SECONDS = 10;

let at, child, service;

/* The page's one block of JavaScript. */
function example() {
	const page = fs.readFileSync(path.join(SOURCE, 'docs/VERIFYING.md'),
		'utf8');
	const blocks = [...page.matchAll(/^```js\n(.*?)^```/gms)];

	is(blocks.length, 1, 'the number of examples');
	return blocks[0][1];
}

async function startService() {
	let said;
	const address = new Promise((resolve) => said = resolve);

	child = startProcess('node', ['--input-type=module', '--eval',
		example()], { onLine: (line) => said(line),
		cwd: path.join(SOURCE, 'tests'), env: { ...process.env,
			TOLLGATE: at.url, AUDIENCE, PORT: '0' } });
	service = await address;
	matches(service, /^http:/, 'the service');
}

async function restartService() {
	await stopProcess(child);
	await startService();
}

before(async () => {
	at = await stand({ name: 'verifying', config: { 'jwt.enabled': true,
		'jwt.audience': AUDIENCE, 'jwt.expires_in': EXPIRES_SECONDS } });
	await startService();
});
after(async () => {
	await stopProcess(child);
	await at.stop();
});

async function tokenOf(app) {
	return secret((await app.yes('token')).token);
}

async function ask(token) {
	const { status, json } = await request(service, { headers: token ?
		{ Authorization: `Bearer ${token}` } : {} });

	return { status, body: json() };
}

async function refused(token, message = 'Invalid token') {
	const { status, body } = await ask(token);

	is(status, 401, 'the status');
	is(body.message, message, 'the message');
}

test('the service knows who calls', async () => {
	const app = await person(at);
	const { status, body } = await ask(await tokenOf(app));

	is(status, 200, 'the status');
	is(body.hello.id, app.id, 'the id');
	is(body.hello.email, app.email, 'the address');
});

test('it refuses who has no token, or makes his own', async () => {
	const token = await tokenOf(await person(at));
	const { privateKey } = generateKeyPairSync('rsa',
		{ modulusLength: 2048 });
	const [header, payload] = token.split('.');

	await refused(null);
	await refused('x');
	await refused(`${header}.${payload}.AAAA`);
	await refused(`eyJhbGciOiJub25lIn0.${payload}.`);
	await refused(await new SignJWT(decodeJwt(token))
		.setProtectedHeader(decodeProtectedHeader(token))
		.sign(privateKey));
});

test('it says of a token that was right that it has expired', async () => {
	const token = await tokenOf(await person(at));

	await new Promise((resolve) =>
		setTimeout(resolve, EXPIRES_SECONDS * 1000));
	await refused(token, 'Token expired');
});

test('tollgate refuses a token that is for the service', async () => {
	const token = await tokenOf(await person(at));

	is((await request(at.url, { path: '/api/me', headers: {
		Authorization: `Bearer ${token}` } })).status, 401, 'the status');
});

test('a rotation goes by unnoticed', async () => {
	const app = await person(at);

	await at.tollgate(['key', 'rotate']);
	/* which has forgotten its list, as after five minutes */
	await restartService();
	is((await ask(await tokenOf(app))).status, 200, 'the status');
	/* five minutes later the new one signs, which was in the list */
	await at.psql(`UPDATE signing_keys SET created_at = created_at -
		interval '5 minutes', expires_at = expires_at -
		interval '5 minutes'`);
	is((await ask(await tokenOf(app))).status, 200, 'the status');
});

test('while the keys are out of reach it says so', async () => {
	const token = await tokenOf(await person(at));

	await restartService();
	await at.halt();
	try {
		is((await ask(token)).status, 503, 'the status');
	} finally {
		await at.start();
	}
	is((await ask(token)).status, 200, 'the status afterwards');
});
