/*
 * What a client is handed beside its cookies: the session token as a header,
 * and how its user signed in last.
 */
import { parseSetCookie } from '../lib/http.mjs';
import { Person, SESSION, after, before, is, ok, person, request, stand, test }
	from './suite.mjs';

const METHOD = 'better-auth.last_used_login_method';
const HTTPS = 'https://login.example.com';

let at, plain;

before(async () => {
	[at, plain] = await Promise.all([
		stand({ name: 'token', config: { 'server.url': HTTPS,
			'last_login_method.enabled': true } }),
		stand({ name: 'plain', config: { 'bearer.enabled': false } }),
	]);
});
after(async () => {
	is((await at.stop()).code, 0, 'the exit status');
	is((await plain.stop()).code, 0, 'the exit status');
});

const someone = () => new Person(at, HTTPS).signUp();
const handed = (response) => response.header('set-auth-token');

/* ---- set-auth-token -------------------------------------------------------- */

test('what sets the session cookie hands its value over in a header',
	async () => {
		const who = await someone();

		for (const response of [await who.signIn(),
			await who.json('/api/auth/update-user', { name: 'B' })]) {
			const wire = who.jar.get(`__Secure-${SESSION}`);

			is(handed(response), decodeURIComponent(wire),
				'set-auth-token');
			is(response.header('access-control-expose-headers'),
				'set-auth-token', 'what scripts may read');
		}
	});

test('set-auth-token signs in as a bearer', async () => {
	const who = await someone();
	const token = handed(await who.signIn());

	is((await request(at.url, { path: '/api/auth/get-session', headers: {
		Authorization: `Bearer ${token}` } })).json().user.email,
	who.email, 'the user');
});

test('nothing is handed over where no session cookie is set', async () => {
	const who = await someone();

	for (const response of [await who.get('/api/auth/get-session'),
		await who.json('/api/auth/sign-out', {}),
		await who.get('/api/auth/get-session')]) {
		is(handed(response), null, 'set-auth-token');
		is(response.header('access-control-expose-headers'), null,
			'what scripts may read');
	}
});

test('signing out hands nothing over, even if use extends the session',
	async () => {
		const who = await someone();

		await at.psql(`UPDATE sessions SET expires_at = expires_at -
			interval '2 days' WHERE user_id = '${who.id}'`);
		is(handed(await who.json('/api/auth/sign-out', {})), null,
			'set-auth-token');
	});

test('bearer.enabled = off hands nothing over', async () => {
	const who = await person(plain);

	is(handed(await who.signIn()), null, 'set-auth-token');
});

/* ---- last_used_login_method ------------------------------------------------ */

function method(response) {
	const line = response.cookies.find((text) =>
		text.startsWith(`${METHOD}=`));

	return line === undefined ? null : parseSetCookie(line);
}

test('pages can read how somebody signed in last', async () => {
	const who = await someone();

	for (const response of [await who.signIn(),
		await who.signIn({ rememberMe: false })]) {
		const cookie = method(response);

		is(cookie.value, 'email', 'the method');
		is(JSON.stringify(cookie.attributes), JSON.stringify({
			'Max-Age': 2592000, Path: '/', Secure: true,
			SameSite: 'Lax' }), 'the attributes');
	}
});

test('the method is told when somebody signs in, and only then', async () => {
	const who = await someone();

	is(method(await who.json('/api/auth/update-user', { name: 'B' })), null,
		'the cookie');
	is(method(await (await person(plain)).signIn()), null, 'the cookie');
	ok(method(await who.signIn()) !== null, 'no cookie');
});
