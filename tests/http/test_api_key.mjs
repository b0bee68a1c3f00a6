/*
 * Keys for programs: whose they are, what they open and what they never open,
 * that their limits hold when many come at once, and that what ends them ends
 * them at once.
 */
import { Person, after, before, csrfOf, eventually, is, matches, ok, oneOf,
	person, secret, stand, test, times } from './suite.mjs';

const API = '/api/auth/api-key';
const SCOPES = ['profile:read', 'credits:read', 'entitlements:read',
	'credits:spend', 'credits:hold', 'credits:usage', 'admin:read',
	'admin:write'];

let at, plain, strict;

before(async () => {
	[at, plain, strict] = await Promise.all([
		/* everything that a key must not open is there to be opened */
		stand({ name: 'apikey', config: { 'api_key.enabled': true,
			'api_key.sessions': true, 'api_key.metadata': true,
			'api_key.max_requests': 1000, 'api_key.maximum': 10000,
			'api_key.headers': 'x-api-key, x-tollgate-key',
			'admin.enabled': true, 'jwt.enabled': true,
			'jwt.algorithm': 'EdDSA', 'jwt.set_header': true,
			'username.enabled': true, 'multi_session.enabled': true,
			'entitlements.enabled': true,
			'one_time_token.enabled': true, 'user.delete': true,
			'session.cookie_cache': 'compact',
			'session.fields': 'colour:string' } }),
		stand({ name: 'apikeyplain', config: {
			'api_key.enabled': true, 'api_key.window_ms': 60000,
			'api_key.max_requests': 20, 'api_key.maximum': 3,
			'api_key.prefix': 'tg_' } }),
		stand({ name: 'apikeystrict', config: {
			'api_key.enabled': true, 'api_key.require_name': true,
			'api_key.custom_expiry': false,
			'api_key.expires_in': 3600 } }),
	]);
});
after(async () => {
	for (const one of [at, plain, strict])
		is((await one.stop()).code, 0, 'the exit status');
});

async function make(who, body = {}) {
	const response = await who.json('/api/keys', { name: 'A program',
		...body });

	is(response.status, 200, `the status (${response.text})`);
	secret(response.json().key);
	return response.json();
}

/* A request of a program that has a key and nothing else. */
function call(key, path, { method = 'GET', body = null, headers = [],
	where = at } = {}) {
	return new Person(where).send(method, path, { body: body === null ? null :
		JSON.stringify(body), headers: [['x-api-key', key], ...headers,
		...(body === null ? [] :
			[['Content-Type', 'application/json']])] });
}

function refused(response, status, code) {
	is(response.status, status, `the status (${response.text})`);
	is(response.json().code, code, 'the code');
	is(response.cookies.length, 0, 'the cookies');
}

const spend = (key, where = at) => call(key, '/api/credits/spend', {
	method: 'POST', body: { amount: 1, reason: 'Key' }, where,
	headers: [['Idempotency-Key', `key-${Math.random()}`]] });

/* ---- whose it is ----------------------------------------------------------- */

test('a key is made for who is signed in, whatever a body says (CVE-2025-61928)',
	async () => {
		const victim = await person(at), thief = await person(at);

		for (const userId of [victim.id, thief.id, null, '']) {
			refused(await new Person(at).json(`${API}/create`,
				{ userId }), 401, 'UNAUTHORIZED_SESSION');
			refused(await thief.json(`${API}/create`, { userId }),
				401, 'UNAUTHORIZED_SESSION');
		}
		refused(await new Person(at).json(`${API}/create`, {}), 401,
			'UNAUTHORIZED_SESSION');
		refused(await new Person(at).json(`${API}/update`,
			{ keyId: 'x', userId: victim.id }), 401,
		'UNAUTHORIZED_SESSION');

		const { key } = await make(thief, { userId: victim.id,
			referenceId: victim.id, scopes: ['profile:read'] });

		is((await call(key, '/api/me')).json().user.id, thief.id,
			'its user');
		is((await at.psql(`SELECT count(*) AS n FROM api_keys
			WHERE user_id = '${victim.id}'`))[0].n, 0, 'keys');
	});

test('nobody sees, changes or ends the key of another', async () => {
	const owner = await person(at), other = await person(at, 'super_admin');
	const { id, key } = await make(owner);

	refused(await other.get(`${API}/get?id=${id}`), 404, 'KEY_NOT_FOUND');
	for (const [path, body] of [['update', { name: 'mine' }],
		['delete', {}]])
		refused(await other.json(`${API}/${path}`, { keyId: id, ...body }),
			404, 'KEY_NOT_FOUND');
	is((await other.send('DELETE', `/api/keys/${id}`)).status, 404,
		'our own');
	is((await other.post(`/account/keys/${id}/revoke`)).status, 404,
		'the page');
	is((await other.get(`${API}/list`)).json().total, 0, 'in his list');
	is((await call(key, '/api/auth/get-session')).status, 200, 'the key');
});

test('an admin who acts as a user makes no keys of his', async () => {
	const admin = await person(at, 'admin_rw'), user = await person(at);

	await admin.json('/api/auth/admin/impersonate-user', { userId: user.id });
	for (const path of [`${API}/create`, '/api/keys'])
		is((await admin.json(path, { name: 'Back door' })).status, 403,
			path);
	is((await admin.post('/account/keys', { name: 'Back door' })).status, 403,
		'the page');
	is((await at.psql(`SELECT count(*) AS n FROM api_keys
		WHERE user_id = '${user.id}'`))[0].n, 0, 'keys');
});

/* ---- what ends it ends it at once ------------------------------------------ */

const ENDS = {
	'deleting it': [(who, { id }) => who.json(`${API}/delete`,
		{ keyId: id }), 401, 'INVALID_API_KEY'],
	'revoking it': [(who, { id }) => who.post(`/account/keys/${id}/revoke`),
		401, 'INVALID_API_KEY'],
	'disabling it': [(who, { id }) => who.json(`${API}/update`,
		{ keyId: id, enabled: false }), 401, 'KEY_DISABLED'],
	'its expiry': [(who, { id }) => at.psql(`UPDATE api_keys SET
		expires_at = now() WHERE id = '${id}'`), 401, 'KEY_EXPIRED'],
	'a ban': [async (who) => (await person(at, 'admin_rw')).json(
		'/api/auth/admin/ban-user', { userId: who.id }), 401,
	'USER_BANNED'],
	'removing its user': [async (who) => (await person(at, 'admin_rw')).json(
		'/api/auth/admin/remove-user', { userId: who.id }), 401,
	'INVALID_API_KEY'],
	'an admin': [async (who, { id }) => (await person(at, 'admin_rw')).post(
		`/admin/users/${who.id}/keys/${id}/revoke`), 401,
	'INVALID_API_KEY'],
};

for (const [name, [end, status, code]] of Object.entries(ENDS))
	test(`${name} ends a key on every worker at once`, async () => {
		const who = await person(at);
		const made = await make(who, { scopes: ['profile:read'] });
		const pids = new Set();

		await times(8, async () => is((await call(made.key, '/api/me'))
			.status, 200, 'the status before'));
		ok([200, 303].includes((await end(who, made)).status ?? 200),
			'it did not end');

		const since = at.log().length;

		refused(await call(made.key, '/api/me'), status, code);
		await eventually('three workers were asked', async () => {
			for (const answer of await times(12, () =>
				call(made.key, '/api/auth/get-session')))
				is(answer.status, 401, 'the status');
			for (const line of at.log().slice(since))
				pids.add(line.pid);
			return pids.size >= 3;
		});
	});

test('a role that is taken is missing in the very next use', async () => {
	const admin = await person(at, 'admin_rw');
	const { key } = await make(admin, { scopes: ['admin:read'] });

	is((await call(key, '/api/admin/users')).status, 200, 'before');
	await admin.become('user');
	refused(await call(key, '/api/admin/users'), 403, 'FORBIDDEN');
});

/* ---- what it opens --------------------------------------------------------- */

test('a key opens what its scopes name, and nothing for their lack',
	async () => {
		const admin = await person(at, 'super_admin');
		const { user } = (await make(admin)).id && await admin.session();
		const doors = {
			'profile:read': (key) => call(key, '/api/me'),
			'entitlements:read': (key) => call(key,
				'/api/me/entitlements'),
			'credits:spend': (key) => spend(key),
			'admin:read': (key) => call(key, '/api/admin/orders'),
			'admin:write': (key) => call(key,
				`/api/admin/users/${user.id}`, { method: 'PATCH',
					body: { monthlyCreditsQuota: 1000 } }),
		};

		for (const scope of SCOPES) {
			const { key } = await make(admin, { scopes: [scope] });

			for (const [door, open] of Object.entries(doors)) {
				const answer = await open(key);

				if (door !== scope)
					refused(answer, 403, 'API_KEY_NOT_ALLOWED');
				else
					oneOf(answer.status, [200, 409], door);
			}
		}
		for (const open of Object.values(doors))
			refused(await open((await make(admin)).key), 403,
				'API_KEY_NOT_ALLOWED');
	});

test('nobody hands on a scope he has not himself', async () => {
	const who = await person(at);

	for (const scopes of [['admin:read'], ['admin:write'], ['nothing'],
		['credits'], [7], ['credits:spend', 'admin:read']])
		refused(await who.json('/api/keys', { name: 'x', scopes }), 400,
			'VALIDATION_ERROR');
	await who.post('/account/keys', { name: 'x', 'admin:read': 'on' });
	is(JSON.stringify((await at.psql(`SELECT permissions FROM api_keys
		WHERE user_id = '${who.id}'`)).map((row) => row.permissions)),
	'[{}]', 'what the page gave');
});

/* What a key of every scope opens of an administrator's. */
const OPENED = ['DELETE /api/admin/users/:id/entitlements/:eid',
	'GET /api/admin/audit', 'GET /api/admin/credits',
	'GET /api/admin/credits/expiring', 'GET /api/admin/credits/holds',
	'GET /api/admin/credits/top', 'GET /api/admin/credits/usage',
	'GET /api/admin/figures', 'GET /api/admin/health',
	'GET /api/admin/keys', 'GET /api/admin/licences',
	'GET /api/admin/licences/:id', 'GET /api/admin/orders',
	'GET /api/admin/orders/:id', 'GET /api/admin/users',
	'GET /api/admin/users/:id', 'GET /api/admin/users/:id/credits',
	'GET /api/admin/users/:id/entitlements',
	'GET /api/admin/users/:id/licences', 'GET /api/auth/list-accounts',
	'GET /api/credits/balance', 'GET /api/credits/holds',
	'GET /api/credits/holds/:id', 'GET /api/credits/transfers',
	'GET /api/credits/transfers/:id', 'GET /api/credits/usage',
	'GET /api/me', 'GET /api/me/entitlements', 'GET /api/orders',
	'GET /api/orders/:id', 'GET /auth/session',
	'PATCH /api/admin/users/:id', 'POST /api/admin/credits/adjust',
	'POST /api/admin/credits/grant', 'POST /api/admin/credits/holds',
	'POST /api/admin/credits/holds/:id/capture',
	'POST /api/admin/credits/holds/:id/void',
	'POST /api/admin/credits/refund', 'POST /api/admin/credits/spend',
	'POST /api/admin/orders/:id/mark-paid',
	'POST /api/admin/orders/:id/refund',
	'POST /api/admin/users/:id/entitlements',
	'POST /api/admin/users/:id/licences',
	'POST /api/admin/users/:id/licences/:lid/revoke',
	'POST /api/credits/holds', 'POST /api/credits/holds/:id/capture',
	'POST /api/credits/holds/:id/void', 'POST /api/credits/spend',
	'POST /api/credits/usage'];

test('of all routes a key opens the reading ones of sessions and those of its ' +
'scopes, whatever it is allowed', async () => {
	const admin = await person(at, 'super_admin');
	const { key } = await make(admin, { scopes: SCOPES });
	const { stdout } = await at.tollgate(['routes']);
	const opened = [];

	for (const line of stdout.trim().split('\n')) {
		const [method, path] = line.split(/\s+/);
		const body = method === 'GET' ? null : {};
		const open = (headers) => new Person(at).send(method,
			path.replace(/:\w+/g, admin.id), { headers: [...headers,
				...(body ? [['Content-Type', 'application/json']] :
					[])], body: body && '{}' });
		const mine = await open([['x-api-key', key]]);
		const nobodys = await open([]);

		ok(!mine.cookies.some((one) => /(session|token)\w*=[^;]/
			.test(one)), `a cookie by ${method} ${path}`);
		ok(mine.header('set-auth-jwt') === null, `a token by ${path}`);
		if (mine.status !== nobodys.status &&
		    mine.json().code !== 'API_KEY_NOT_ALLOWED')
			opened.push(`${method} ${path}`);
	}
	is(opened.sort().join('\n'), OPENED.sort().join('\n'), 'what it opened');
	for (const path of ['/api/auth/get-session', '/api/auth/session'])
		is((await call(key, path)).json().user.id, admin.id, path);
	ok(await admin.session() !== null, 'its user is signed out');
});

test('a session that a key stands for has the contract\'s shape', async () => {
	const who = await person(at);
	const { id, key } = await make(who);
	const response = await call(key, '/api/auth/get-session');
	const { session, user } = response.json();

	is(Object.keys(session).sort().join(), 'createdAt,expiresAt,id,ipAddress,' +
		'token,updatedAt,userAgent,userId', 'its members');
	is(session.id, id, 'the id');
	is(session.token, key, 'the token');
	is(user.email, who.email, 'the user');
	is(session.userAgent, null, 'the user agent');
	is(response.header('set-auth-token'), null, 'a token');
	is(Date.parse(session.expiresAt) - Date.parse(session.createdAt), 604800,
		'its time');
});

test('one statement checks, counts and finds the user', async () => {
	const { id, key } = await make(await person(at));
	const response = await call(key, '/api/auth/get-session');
	const line = await eventually('the request is logged', () => at.log()
		.find((one) => one.event === 'request' && one.requestId ===
			response.header('x-request-id')));

	is(line.statements, 1, 'the statements');
	is(line.apiKey, id, 'the key in the log');
	is((await at.psql(`SELECT request_count AS n FROM api_keys
		WHERE id = '${id}'`))[0].n, 1, 'the uses');
});

test('the key speaks, whatever else is sent along', async () => {
	const who = await person(at), other = await person(at);
	const { key } = await make(other);
	const send = (value) => who.send('GET', '/api/auth/get-session',
		{ headers: [['x-api-key', value]] });

	is((await send(key)).json().user.id, other.id, 'the user');
	is((await send(`${key}x`)).status, 401, 'a wrong key');
	is((await send('')).json().user.id, who.id, 'no key');
	is((await new Person(at).send('GET', '/api/auth/get-session',
		{ headers: [['x-tollgate-key', key]] })).json().user.id, other.id,
	'by the other header');
});

test('with sessions off a key opens its scopes only', async () => {
	const who = await person(plain);
	const { key } = await make(who, { scopes: ['profile:read'] });

	matches(key, /^tg_[A-Za-z]{64}$/, 'the key');
	is((await call(key, '/api/auth/get-session', { where: plain })).text,
		'null', 'the session');
	is((await call(key, '/api/auth/list-accounts', { where: plain })).status,
		401, 'the accounts');
	refused(await call(key, '/auth/session', { where: plain }), 403,
		'API_KEY_NOT_ALLOWED');
	is((await call(key, '/api/me', { where: plain })).status, 200, 'its own');
});

/* ---- limits ---------------------------------------------------------------- */

test('of a hundred uses at once as many pass as may', async () => {
	const who = await person(plain);
	const limited = await make(who, { scopes: ['profile:read'] });
	const few = await make(who, { scopes: ['profile:read'], remaining: 7,
		refillAmount: 7, refillInterval: 3600000 });
	const count = async ({ key }) => (await times(100, () => call(key,
		'/api/me', { where: plain }))).map(({ status }) => status);
	const statuses = await count(limited);

	is(statuses.filter((status) => status === 200).length, 20, 'passed');
	is(statuses.filter((status) => status === 429).length, 80, 'refused');
	is((await count(few)).filter((status) => status === 200).length, 7,
		'passed of those that remain');
});

test('a refusal by the limit says when to come again', async () => {
	const { id, key } = await make(await person(at));

	await at.psql(`UPDATE api_keys SET request_count = 1000,
		last_request_at = now() WHERE id = '${id}'`);

	const response = await call(key, '/api/auth/get-session');

	refused(response, 429, 'RATE_LIMITED');
	ok(response.json().details.tryAgainIn > 86390000, 'the wait');
	ok(Number(response.header('retry-after')) > 86390, 'the header');
});

test('a user makes so many and no more, and names count', async () => {
	const who = await person(plain);

	for (let i = 0; i < 3; i++)
		await make(who);
	refused(await who.json('/api/keys', { name: 'x' }), 409,
		'TOO_MANY_API_KEYS');
	refused(await (await person(strict)).json(`${API}/create`, {}), 400,
		'NAME_REQUIRED');
});

test('a body is checked in the order of the contract', async () => {
	const who = await person(at);
	const all = { remaining: 1, userId: 'x', metadata: 'x', expiresIn: 60,
		prefix: 'x'.repeat(40), name: 'x'.repeat(40) };

	for (const [member, status, code] of [
		['remaining', 400, 'SERVER_ONLY_PROPERTY'],
		['userId', 401, 'UNAUTHORIZED_SESSION'],
		['metadata', 400, 'INVALID_METADATA_TYPE'],
		['expiresIn', 400, 'EXPIRES_IN_IS_TOO_SMALL'],
		['prefix', 400, 'INVALID_PREFIX_LENGTH'],
		['name', 400, 'INVALID_NAME_LENGTH']]) {
		refused(await who.json(`${API}/create`, all), status, code);
		delete all[member];
	}
	is((await who.json(`${API}/create`, all)).status, 200, 'the status');
	for (const [body, code] of [
		[{ metadata: [1] }, 'INVALID_METADATA_TYPE'],
		[{ metadata: { a: 'x'.repeat(5000) } }, 'VALIDATION_ERROR'],
		[{ expiresIn: 0 }, 'VALIDATION_ERROR'],
		[{ expiresIn: 366 * 86400 }, 'EXPIRES_IN_IS_TOO_LARGE'],
		[{ expiresIn: 2 ** 53 }, 'EXPIRES_IN_IS_TOO_LARGE'],
		[{ prefix: '' }, 'VALIDATION_ERROR'],
		[{ permissions: { credits: ['spend'] } }, 'SERVER_ONLY_PROPERTY'],
		[{ name: '' }, 'INVALID_NAME_LENGTH']])
		refused(await who.json(`${API}/create`, body), 400, code);
});

test('the settings decide where makers may not', async () => {
	const who = await person(strict);

	refused(await who.json(`${API}/create`, { name: 'x', expiresIn: 86400 }),
		400, 'KEY_DISABLED_EXPIRATION');
	refused(await who.json(`${API}/create`, { name: 'x', metadata: {} }), 400,
		'METADATA_DISABLED');

	const { createdAt, expiresAt } = await make(who);

	is(Date.parse(expiresAt) - Date.parse(createdAt), 3600000, 'its life');
	ok(!(await who.get('/account/keys')).text.includes('name="days"'),
		'the page lets choose');
	for (const [body, code] of [[{ refillAmount: 1 },
		'REFILL_INTERVAL_AND_AMOUNT_REQUIRED'], [{ refillInterval: 1000 },
		'REFILL_AMOUNT_AND_INTERVAL_REQUIRED']])
		refused(await who.json('/api/keys', { name: 'x', ...body }), 400,
			code);
});

test('an update changes what it names, null takes the expiry away', async () => {
	const who = await person(at);
	const { id } = await make(who, { expiresIn: 86400 });
	const update = async (fields) => (await who.json(`${API}/update`,
		{ keyId: id, ...fields })).json();

	ok((await update({ name: 'two' })).expiresAt !== null, 'the expiry');
	is((await update({ expiresIn: null })).expiresAt, null, 'the expiry');
	is((await update({ metadata: { a: 1 } })).metadata.a, 1, 'metadata');
	is((await update({ enabled: true })).name, 'two', 'the name');
});

/* ---- pages ----------------------------------------------------------------- */

test('a key is made on its page, shown once, and revoked there', async () => {
	const who = await person(at);

	matches((await who.get('/account/keys')).text, /You have no keys/);

	const made = await who.post('/account/keys', { name: 'Build <server>',
		days: '30', 'profile:read': 'on' });
	const key = secret(/id="made-key" value="([^"]+)"/.exec(made.text)[1]);
	const page = (await who.get('/account/keys')).text;

	is(made.status, 200, 'the status');
	matches(made.header('cache-control'), /no-store/);
	is((await call(key, '/api/me')).json().user.id, who.id, 'its user');
	ok(!page.includes(key), 'it is shown again');
	matches(page, /Build &lt;server&gt;[^]*See your profile/);

	const action = /action="(\/account\/keys\/\w+\/revoke)"/.exec(page)[1];

	await who.post(action);
	is((await call(key, '/api/me')).status, 401, 'the key');
});

test('the page says what is wrong and keeps what was typed', async () => {
	const who = await person(at);
	const page = await who.post('/account/keys', { name: 'x'.repeat(33),
		days: '365', 'credits:spend': 'on' });

	is(page.status, 400, 'the status');
	matches(page.text, /at most 32 characters/);
	matches(page.text, new RegExp(`value="${'x'.repeat(33)}"`));
	matches(page.text, /name="credits:spend"[^>]* checked/);
	matches(page.text, /value="365" selected/);
	is((await who.post('/account/keys', { name: 'x', days: '366' })).status,
		400, 'too long a life');
	ok(csrfOf(page.text), 'no form token');
});

test('administrators see the keys of a user and no secret', async () => {
	const who = await person(at), admin = await person(at, 'admin_ro');
	const { id, key, start } = await make(who, { name: 'Night job' });
	const page = (await admin.get(`/admin/users/${who.id}`)).text;

	matches(page, new RegExp(`Night job[^]*${start}`));
	ok(!page.includes(key), 'the key');
	is((await admin.get(`/api/admin/users/${who.id}/keys`)).json().keys[0].id,
		id, 'the key');
	refused(await admin.send('DELETE', `/api/admin/users/${who.id}/keys/${id}`),
		403, 'FORBIDDEN');
	is((await (await person(at, 'admin_rw')).send('DELETE',
		`/api/admin/users/${who.id}/keys/${id}`)).status, 200, 'revoked');
	refused(await call(key, '/api/auth/get-session'), 401, 'INVALID_API_KEY');
});

test('what happened to a key is in the audit trail, without the key',
	async () => {
		const who = await person(at);
		const { id, key } = await make(who);

		await who.json(`${API}/update`, { keyId: id, name: 'new' });
		await who.json(`${API}/delete`, { keyId: id });

		const rows = await at.psql(`SELECT action, after FROM audit
			WHERE target_id = '${who.id}' AND action LIKE 'apikey.%'
			ORDER BY created_at, id`);

		is(rows.map((row) => row.action).join(), 'apikey.create,' +
			'apikey.update,apikey.delete', 'the actions');
		ok(!JSON.stringify(rows).includes(key.slice(10)), 'the key');
		is((await at.psql(`SELECT count(*) AS n FROM api_keys k
			WHERE k::text LIKE '%${key.slice(10)}%'`))[0].n, 0,
		'in the table');
	});

