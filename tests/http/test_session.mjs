/*
 * Sessions: what ends them ends them at once, everywhere; what the cookies
 * look like; how long they live; and the other names of the routes.
 */
import { parseSetCookie } from '../lib/http.mjs';
import { PASSWORD, Person, SESSION, after, before, is, matches, ok, oneOf,
	onEveryWorker, person, request, secret, stand, test } from './suite.mjs';

const DAY_MS = 86400000;
const LIFETIME = 604800;
const FORGET = 'better-auth.dont_remember';
const HTTPS = 'https://login.example.com';

const ABSOLUTE_DAYS = 10;

let at, secure, ageing;

before(async () => {
	[at, secure, ageing] = await Promise.all([stand({ name: 'session' }),
		stand({ name: 'secure', config: { 'server.url': HTTPS } }),
		stand({ name: 'ageing', config: { 'session.absolute_lifetime':
			ABSOLUTE_DAYS * DAY_MS / 1000 } })]);
});
after(async () => {
	is((await at.stop()).code, 0, 'the exit status');
	is((await secure.stop()).code, 0, 'the exit status');
	is((await ageing.stop()).code, 0, 'the exit status');
});

/* ---- at once, everywhere --------------------------------------------------- */

const isOut = (answer) => is(answer.text, 'null', 'the session');

async function endedBy(end) {
	const who = await person(at);
	const other = await who.another();

	await onEveryWorker(who, '/api/auth/get-session',
		(answer) => ok(answer.json() !== null, 'no session'));
	await end(who, other);
	await onEveryWorker(who, '/api/auth/get-session', isOut);
	is((await who.get('/account')).status, 303, 'the account page');
	is((await who.get('/api/me')).status, 401, '/api/me');
}

test('a session its owner revokes is refused by every worker at once', () =>
	endedBy(async (who, other) => {
		const { session } = await who.session();

		is((await other.json('/api/auth/revoke-session',
			{ token: session.id })).status, 200, 'the status');
	}));

test('a revoked token is refused, too, where the token itself was named', () =>
	endedBy(async (who, other) => {
		const { session } = await who.session();

		is((await other.json('/api/auth/revoke-session',
			{ token: session.token })).status, 200, 'the status');
	}));

test('"sign out all other devices" leaves this one alone', () =>
	endedBy(async (who, other) => {
		is((await other.post(
			'/account/security/sessions/revoke-others')).status,
		303, 'the status');
		ok(await other.session() !== null, 'it ended itself');
	}));

test('signing out ends the session, whoever still knows the cookie', () =>
	endedBy(async (who) => {
		const thief = new Person(at);
		const cookie = who.jar.header('/');
		const done = await who.json('/api/auth/sign-out', {});

		is(done.status, 200, 'the status');
		is((await thief.send('GET', '/api/auth/get-session',
			{ headers: { Cookie: cookie } })).text, 'null',
		'the session behind the old cookie');
	}));

test('a banned user is out with the very next request', () =>
	endedBy((who) => at.psql(`UPDATE users SET banned = true
		WHERE id = '${who.id}'`)));

test('a deleted user is out with the very next request', () =>
	endedBy((who) => at.psql(`DELETE FROM users WHERE id = '${who.id}'`)));

test('an expired session is refused at its second', () =>
	endedBy((who) => at.psql(`UPDATE sessions SET expires_at = now()
		WHERE user_id = '${who.id}'`)));

test('a changed password may end all other sessions', () =>
	endedBy(async (who, other) => {
		const before = other.jar.get(SESSION);

		is((await other.post('/account/security/password', {
			currentPassword: PASSWORD, newPassword: PASSWORD,
			revokeOtherSessions: 'on' })).status, 303, 'the status');
		ok(await other.session() !== null, 'it ended itself');
		ok(other.jar.get(SESSION) !== before,
			'the session kept its token');
	}));

test('a role given or taken counts with the very next request', async () => {
	const who = await person(at);
	const { stdout } = await at.tollgate(['routes']);
	const guarded = stdout.split('\n').map((line) => line.split(/\s+/)).find(
		([method, path, , guard]) => method === 'GET' && guard &&
			guard.includes(':') && !path.includes(':'));

	for (const role of ['admin_ro', 'user', 'super_admin', 'nonsense']) {
		await who.become(role);
		await onEveryWorker(who, '/api/me', (answer) =>
			is(answer.json().user.role, role, 'the role'));
		if (guarded)
			await onEveryWorker(who, guarded[1], (answer) =>
				is(answer.status, /admin/.test(role) ? 200 : 403,
					`${guarded[1]} as ${role}`));
	}
});

test('signing in by the page ends the session it replaces', async () => {
	const who = await person(at);
	const before = who.jar.header('/');
	const login = await who.form('/login', { email: who.email,
		password: PASSWORD, csrf: await who.csrf() });

	is(login.status, 303, 'the status');
	is((await request(at.url, { path: '/api/auth/get-session',
		headers: { Cookie: before } })).text, 'null', 'the old session');
});

test('a guessed, cut or foreign cookie is no session', async () => {
	const who = await person(at);
	const cookie = decodeURIComponent(who.jar.get(SESSION));
	const [token, signature] = cookie.split('.');

	for (const value of ['', 'x', token, `${token}.`, `.${signature}`,
		`${token}.${signature.slice(1)}`, `${token}x.${signature}`,
		`${token}.${'A'.repeat(43)}=`, `${cookie}.${signature}`,
		cookie.replace('.', '%2E%2E'), '%00', `${token}%00.${signature}`])
		is((await request(at.url, { path: '/api/auth/get-session',
			headers: { Cookie: `${SESSION}=${value}` } })).text,
		'null', `the session of ${value.replace(token, 'TOKEN')}`);
	is((await request(at.url, { path: '/api/auth/get-session',
		headers: { Cookie: `${SESSION}=${cookie}` } })).json().user.email,
	who.email, 'the user of the raw cookie');
});

/* ---- cookies --------------------------------------------------------------- */

function cookieOf(response, name) {
	const line = response.cookies.find((text) =>
		text.startsWith(`${name}=`));

	return line === undefined ? null : parseSetCookie(line);
}

function looksRight(cookie, more) {
	ok(cookie !== null, 'no such cookie');
	is(JSON.stringify(cookie.attributes), JSON.stringify({ ...more.age,
		Path: '/', HttpOnly: true, ...more.secure, SameSite: 'Lax' }),
	`the attributes of ${cookie.name}`);
}

test('a remembered session has a cookie of seven days', async () => {
	const who = await person(at);

	for (const more of [{}, { rememberMe: true }]) {
		const response = await who.signIn(more);

		looksRight(cookieOf(response, SESSION),
			{ age: { 'Max-Age': LIFETIME } });
		is(cookieOf(response, FORGET), null, 'the marker');
	}
});

test('a session not to be remembered ends with the browser', async () => {
	const who = await person(at);
	const response = await who.signIn({ rememberMe: false });
	const { session } = await who.session();

	looksRight(cookieOf(response, SESSION), {});
	looksRight(cookieOf(response, FORGET), {});
	ok(Date.parse(session.expiresAt) - Date.now() <= DAY_MS,
		'the session lives longer than a day');
	who.jar.close();
	is(await who.session(), null, 'the session');
});

test('the page remembers only who ticks the box', async () => {
	const who = await person(at);
	const fields = { email: who.email, password: PASSWORD };

	for (const [more, age] of [[{}, undefined],
		[{ rememberMe: 'on' }, LIFETIME]]) {
		const visitor = new Person(at);
		const response = await visitor.post('/login',
			{ ...fields, ...more });
		const cookie = cookieOf(response, SESSION);

		is(response.status, 303, 'the status');
		is(cookie.attributes['Max-Age'], age, 'Max-Age');
	}
});

test('signing out deletes the cookies as they were set', async () => {
	const who = await person(at);
	const response = await who.json('/api/auth/sign-out', {});

	for (const name of [SESSION, 'better-auth.session_data', FORGET]) {
		looksRight(cookieOf(response, name), { age: { 'Max-Age': 0 } });
		is(cookieOf(response, name).value, '', name);
	}
});

test('below https every cookie is Secure and says so in its name', async () => {
	const who = await new Person(secure, HTTPS).signUp();
	const seen = [];

	for (const response of [await who.signIn(),
		await who.signIn({ rememberMe: false }),
		await new Person(secure, HTTPS).get('/login'),
		await who.post('/account', { name: 'Another' }),
		await who.json('/api/auth/sign-out', {})])
		for (const line of response.cookies) {
			const cookie = parseSetCookie(line);

			seen.push(cookie.name);
			matches(cookie.name, /^__Secure-better-auth\./,
				'the name');
			is(cookie.attributes.Secure, true, 'Secure');
			is(cookie.attributes.HttpOnly, true, 'HttpOnly');
			is(cookie.attributes.SameSite, 'Lax', 'SameSite');
		}
	for (const name of ['session_token', 'dont_remember', 'form', 'flash'])
		ok(seen.includes(`__Secure-better-auth.${name}`),
			`${name} was never set`);
});

test('a cookie without the prefix is none below https', async () => {
	const who = await new Person(secure, HTTPS).signUp();
	const value = who.jar.get(`__Secure-${SESSION}`);

	is((await request(secure.url, { path: '/api/auth/get-session',
		headers: { Cookie: `${SESSION}=${value}` } })).text, 'null',
	'the session');
});

/* ---- lifetime -------------------------------------------------------------- */

async function age(who, days) {
	await who.at.psql(`UPDATE sessions
		SET expires_at = expires_at - interval '${days} days',
			created_at = created_at - interval '${days} days'
		WHERE user_id = '${who.id}'`);
}

function near(value, wanted, off, what) {
	ok(Math.abs(value - wanted) < off, `${what} is ${value}`);
}

async function expiry(who) {
	const [row] = await who.at.psql(`SELECT extract(epoch FROM expires_at)
		AS at FROM sessions WHERE user_id = '${who.id}'`);

	return Number(row.at) * 1000;
}

test('use extends a session of a day by seven days, with its cookie',
	async () => {
		const who = await person(at);

		await age(who, 2);

		const response = await who.get('/api/auth/get-session');
		const left = await expiry(who) - Date.now();

		looksRight(cookieOf(response, SESSION),
			{ age: { 'Max-Age': LIFETIME } });
		ok(left > LIFETIME * 1000 - 60000, `${left} ms are left`);
		is((await who.get('/api/auth/get-session')).cookies.length, 0,
			'the number of cookies right after');
	});

test('pages extend a session, too', async () => {
	const who = await person(at);

	await age(who, 2);
	ok(cookieOf(await who.get('/account'), SESSION) !== null, 'no cookie');
});

test('a session younger than a day is left alone', async () => {
	const who = await person(at);
	const before = await expiry(who);

	is((await who.get('/api/auth/get-session')).cookies.length, 0,
		'the number of cookies');
	is(await expiry(who), before, 'the end');
});

test('use extends a session up to its absolute lifetime only', async () => {
	const who = await person(ageing);

	is(cookieOf(await who.get('/api/auth/get-session'), SESSION), null,
		'the cookie of a young session');
	await age(who, 6);

	const extended = cookieOf(await who.get('/api/auth/get-session'),
		SESSION).attributes['Max-Age'];
	const end = await expiry(who);

	near(extended, (ABSOLUTE_DAYS - 6) * DAY_MS / 1000, 60, 'Max-Age');
	near(end, Date.now() + (ABSOLUTE_DAYS - 6) * DAY_MS, 60000, 'the end');
	is((await who.get('/api/auth/get-session')).cookies.length, 0,
		'the number of cookies when there is nothing to gain');
	is(await expiry(who), end, 'the end');
});

test('a session of its absolute lifetime ends, whatever its row says',
	async () => {
		const who = await person(ageing);
		const other = await who.another();
		const { session } = await who.session();

		await ageing.psql(`UPDATE sessions SET created_at = now() -
			interval '${ABSOLUTE_DAYS} days',
			expires_at = now() + interval '7 days'
			WHERE id = '${session.id}'`);
		is((await other.get('/api/auth/list-sessions')).json().length,
			1, 'the number of sessions that are left');
		await onEveryWorker(who, '/api/auth/get-session', isOut);
		await other.get('/account');
		is((await other.session()).user.id, who.id, 'the other one');
	});

test('disableRefresh and "do not remember me" keep the end', async () => {
	const who = await person(at);
	const forgotten = await new Person(at).signUp();

	await age(who, 2);
	is((await who.get('/api/auth/get-session?disableRefresh=true'))
		.cookies.length, 0, 'the number of cookies');
	await at.psql(`DELETE FROM sessions
		WHERE user_id = '${forgotten.id}'`);
	await forgotten.signIn({ rememberMe: false });

	const before = await expiry(forgotten);

	is((await forgotten.get('/api/auth/get-session')).cookies.length, 0,
		'the number of cookies');
	is(await expiry(forgotten), before, 'the end');
});

/* ---- bearer ---------------------------------------------------------------- */

test('a bearer is taken as token, signed and escaped', async () => {
	const who = await person(at);
	const escaped = who.jar.get(SESSION);
	const signed = decodeURIComponent(escaped);
	const [token] = signed.split('.');

	secret(signed);
	for (const value of [token, signed, escaped])
		for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
			const response = await request(at.url, {
				path: '/api/auth/get-session',
				headers: { Authorization: `${scheme} ${value}` },
			});

			is(response.json()?.user.email, who.email, 'the user');
		}
	for (const value of [`${token}x`, `${token}.`, `${signed}x`,
		signed.replace('=', ''), '', `${token} ${token}`])
		is((await request(at.url, { path: '/api/me',
			headers: { Authorization: `Bearer ${value}` } })).status,
		401, 'the status of a wrong bearer');
});

test('a bearer needs no Origin, and wins over a cookie', async () => {
	const [who, other] = [await person(at), await person(at)];
	const [token] = decodeURIComponent(who.jar.get(SESSION)).split('.');
	const headers = { Authorization: `Bearer ${token}` };
	const answer = await request(at.url, { path: '/api/auth/get-session',
		headers: { ...headers, Cookie: other.jar.header('/') } });

	is(answer.json().user.email, who.email, 'the user');
	is((await request(at.url, { method: 'POST', headers,
		path: '/api/auth/sign-out' })).status, 200, 'the status');
	is(await who.session(), null, 'the session');
});

/* ---- other names ----------------------------------------------------------- */

for (const [signUp, signIn, signOut] of [
	['/api/auth/signup', '/api/auth/signin', '/api/auth/signout'],
	['/auth/register', '/auth/login', '/auth/logout']])
	test(`${signUp}, ${signIn} and ${signOut} keep their shapes`,
		async () => {
			const who = new Person(at);
			const fields = { email: who.email, password: PASSWORD };
			const made = await who.json(signUp,
				{ ...fields, name: 'A' });

			shape(made, who);
			who.id = made.json().userId;
			shape(await who.json(signIn, fields), who);
			is((await who.get('/api/auth/session')).json().user.email,
				who.email, 'the user');

			const out = await who.json(signOut, {});

			is(out.json().success, true, 'success');
			is(await who.session(), null, 'the session');
			await refusals(signUp, signIn, who, fields);
		});

function shape(response, who) {
	const body = response.json();

	is(response.status, 200, `the status (${response.text})`);
	is(body.success, true, 'success');
	matches(body.userId, /^[0-9a-f]{32}$/, 'userId');
	matches(body.token, /^[A-Za-z0-9]{32}$/, 'token');
	is(body.user.email, who.email, 'the address');
	is(body.userId, body.user.id, 'userId');
	ok(who.jar.get(SESSION).startsWith(body.token), 'another token');
	ok(!/password|hash|argon/i.test(response.text), response.text);
}

async function refusals(signUp, signIn, who, fields) {
	const taken = await who.json(signUp, { ...fields, name: 'A' });
	const wrong = await who.json(signIn, { ...fields, password: 'wrong' });
	const none = await who.json(signIn, {});

	oneOf(taken.status, [409, 422], 'the status of a taken address');
	is(wrong.status, 401, 'the status of a wrong password');
	is(wrong.json().code, 'INVALID_EMAIL_OR_PASSWORD', 'the code');
	is(none.status, 400, 'the status of nothing');
	for (const answer of [taken, wrong, none])
		for (const name of ['error', 'message', 'code', 'requestId'])
			is(typeof answer.json()[name], 'string', name);
}

test('/auth/session tells who is signed in, and 401 who is not', async () => {
	const who = await person(at);
	const body = (await who.get('/auth/session')).json();
	const out = await request(at.url, { path: '/auth/session' });

	is(body.success, true, 'success');
	is(body.userId, who.id, 'userId');
	is(body.user.email, who.email, 'the address');
	is(out.status, 401, 'the status');
	is(out.json().message, 'Invalid token', 'the message');
});

test('/auth/health answers without a session', async () => {
	const answer = (await request(at.url, { path: '/auth/health' })).json();

	is(answer.success, true, 'success');
	is(answer.database, 'ok', 'the database');
});

test('an expired session says "Token expired"', async () => {
	const who = await person(at);

	await at.psql(`UPDATE sessions SET expires_at = now()
		WHERE user_id = '${who.id}'`);

	const answer = await who.get('/api/me');

	is(answer.status, 401, 'the status');
	is(answer.json().message, 'Token expired', 'the message');
});
