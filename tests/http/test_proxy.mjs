/*
 * What a request says about itself and its way here is hearsay: the answer is
 * the same with it and without, whoever passes it on.
 */
import net from 'node:net';
import { ask } from '../lib/fcgi.mjs';
import { readLetters } from '../lib/letters.mjs';
import { PASSWORD, Person, after, before, eventually, is, ok, person, secret,
	stand, test } from './suite.mjs';

const URL_OF_SECURE = 'https://login.example.com';
const PROXY = '192.0.2.1';
const EVIL = 'evil.example';

/* oauth2-proxy GHSA-7x63-xv5r-3p2x believed X-Forwarded-Uri, others the rest. */
const HEARSAY = [
	['Host', EVIL], ['Host', 'localhost'], ['Host', ''],
	['X-Forwarded-Host', EVIL], ['X-Forwarded-Host', '127.0.0.1'],
	['X-Host', EVIL], ['X-Forwarded-Server', EVIL],
	['X-Forwarded-Proto', 'http'], ['X-Forwarded-Proto', 'https'],
	['X-Forwarded-Scheme', 'https'], ['X-Forwarded-Ssl', 'on'],
	['Front-End-Https', 'on'], ['X-Url-Scheme', 'https'],
	['X-Forwarded-Port', '1'], ['X-Forwarded-Prefix', '/evil'],
	['X-Forwarded-Uri', '/auth/health'], ['X-Forwarded-Path', '/auth/health'],
	['X-Original-URL', '/auth/health'], ['X-Rewrite-Url', '/auth/health'],
	['X-Original-URI', '/auth/health'], ['X-Accel-Redirect', '/auth/health'],
	['X-Forwarded-Method', 'GET'], ['X-HTTP-Method-Override', 'GET'],
	['X-Method-Override', 'DELETE'], ['X-Original-Method', 'GET'],
	['Forwarded', `for=198.18.0.1;host=${EVIL};proto=https`],
	['X-Forwarded-User', 'admin'], ['X-Forwarded-Email', 'a@example.com'],
	['X-Auth-Request-User', 'admin'], ['Remote-User', 'admin'],
	['X-Remote-User', 'admin'],
];

let plain, secure, admin, user;

before(async () => {
	[plain, secure] = await Promise.all([
		stand({ name: 'plain' }),
		stand({ name: 'secure', config: { 'server.url': URL_OF_SECURE,
			'server.trusted_proxies': `127.0.0.1, ${PROXY}` } }),
	]);
	admin = await person(plain, 'super_admin');
	user = await new Person(secure, URL_OF_SECURE).signUp();
});
after(async () => {
	is((await plain.stop()).code, 0, 'the exit status');
	is((await secure.stop()).code, 0, 'the exit status');
});

const json = (body) => ({ method: 'POST', body: JSON.stringify(body),
	values: { CONTENT_TYPE: 'application/json' } });

/* Where an address, a scheme, a path or a name would show. */
function questions(where, someone) {
	const cookie = { Cookie: someone.jar.header('/') };
	const evil = (scheme) => ({ ...cookie, Origin: `${scheme}://${EVIL}` });

	return [
		{ uri: '/login' },
		{ uri: '/account' },
		{ uri: '/admin/users?q=x' },
		{ uri: '/nothing', headers: { Accept: 'text/html' } },
		{ uri: '/' },
		{ uri: '/api/me' },
		{ uri: '/api/auth/get-session' },
		{ uri: '/api/auth/error?error=X' },
		{ method: 'DELETE', uri: '/account' },
		{ uri: '/api/auth/get-session', headers: cookie },
		{ uri: '/account/security', headers: cookie },
		{ uri: '/api/auth/sign-in/email', ...json({ email: 'n@example.com',
			password: PASSWORD, callbackURL: `http://${EVIL}/` }) },
		{ uri: '/api/auth/update-user', ...json({ name: 'A' }),
			headers: evil('http') },
		{ uri: '/api/auth/update-user', ...json({ name: 'A' }),
			headers: evil('https') },
		{ uri: '/api/auth/sign-in/email', ...json({ email: 'n@example.com',
			password: PASSWORD }) },
	];
}

/* All of an answer but what is new each time. */
async function answer(where, from, question, hearsay) {
	const { headers = {}, values = {}, ...rest } = question;
	const reply = await ask(where.socket, { ...rest,
		headers: { 'X-Request-Id': 'always-the-same', ...headers,
			...hearsay },
		values: { REMOTE_ADDR: from, SERVER_NAME: 'localhost',
			SERVER_PORT: '80', ...values } });

	return JSON.stringify([reply.status, reply.headers, reply.body.replace(
		/name="csrf" value="[^"]*"/g, '')]).replace(
		/(better-auth\.form)=[^;]*/g, '$1');
}

async function unmoved(where, from, someone) {
	const moved = [];

	for (const question of questions(where, someone)) {
		const without = await answer(where, from, question, {});

		is(await answer(where, from, question, {}), without,
			`what ${question.uri} says twice`);
		for (const [name, value] of HEARSAY)
			if (await answer(where, from, question,
				{ [name]: value }) !== without)
				moved.push(`${question.uri} by ${name}: ${value}`);
	}
	is(moved.join('\n'), '', 'what is moved');
}

test('nobody moves an answer by what he says of his way here', () =>
	unmoved(plain, '198.51.100.1', admin));

test('nor does a trusted proxy: it is asked for the address alone', () =>
	unmoved(secure, PROXY, user));

test('cookies are Secure by server.url, whatever the proxy says', async () => {
	for (const [where, wanted] of [[plain, false], [secure, true]])
		for (const proto of ['http', 'https', undefined]) {
			const someone = new Person(where);
			const reply = await ask(where.socket, { uri:
				'/api/auth/sign-up/email', ...json({ name: 'A',
				email: someone.email, password: PASSWORD }),
			headers: proto && { 'X-Forwarded-Proto': proto } });
			const cookie = reply.headers.find(
				([name]) => name === 'set-cookie')[1];

			secret(cookie.split('=')[1]);
			is(reply.status, 200, 'the status');
			is(cookie.includes('; Secure'), wanted, 'Secure');
			is(cookie.startsWith('__Secure-'), wanted, 'the prefix');
		}
});

/* Poisoned links of letters: the reader would bring the token to EVIL. */
test('links in letters lead to server.url, whoever asked how', async () => {
	for (const [name, value] of HEARSAY)
		is((await ask(secure.socket, { headers: { [name]: value },
			uri: '/api/auth/request-password-reset',
			...json({ email: user.email }) })).status, 200,
		`the status with ${name}`);

	const letters = (await readLetters((sql) => secure.psql(sql),
		'stand-secret-0123456789abcdefABCDEF')).filter(
		({ kind }) => kind === 'reset-password');

	ok(letters.length > 0, 'there is no letter');
	for (const { text, html, url } of letters) {
		secret(url);
		ok(url.startsWith(`${URL_OF_SECURE}/`), `it leads to ${url}`);
		ok(!`${text}${html}`.includes('evil'), 'it names another');
	}
});

/* As lighttpd passes it on: a client's X_Forwarded_For beside its proxy's. */
function viaProxy(where, id, lines) {
	return new Promise((resolve, reject) => {
		const socket = net.connect(new URL(where.url).port, '127.0.0.1');

		socket.on('error', reject);
		socket.on('close', resolve);
		socket.resume();
		socket.write(['GET /auth/health HTTP/1.1', 'Host: x',
			'Connection: close', `X-Request-Id: ${id}`, ...lines,
			'', ''].join('\r\n'));
	});
}

test('an address whose header comes in two spellings is nobody\'s', async () => {
	const mine = 'X_Forwarded_For: 198.51.100.66';
	const proxys = 'X-Forwarded-For: 198.51.100.7';
	const seen = async (id, lines) => {
		await viaProxy(secure, id, lines);
		return (await eventually('it is logged', () => secure.log().find(
			({ requestId }) => requestId === id))).address;
	};

	is(await seen('one-spelling', [proxys]), '198.51.100.7', 'of one');
	is(await seen('two-spellings', [mine, proxys]), '', 'of both');
	is(await seen('two-spellings-too', [proxys, mine]), '', 'of both');
	is(await seen('twice-in-one', [mine.replaceAll('_', '-'), proxys]),
		'198.51.100.7', 'of a list');
});
