/*
 * How often a request may ask the database: a session check once, a sign-in
 * three times and for its audit row, an admin's list, a spend and a hold three
 * times, what is consumed four times.
 * BEGIN and COMMIT travel with the others and are not counted.
 */
import { PASSWORD, Person, after, before, eventually, is, ok, person, secret,
	stand, test } from './suite.mjs';

const SIGN_IN = '/api/auth/sign-in/email';

let at, someone, admin;

before(async () => {
	at = await stand({ name: 'budget', config: { 'worker.count': 1,
		'admin.enabled': true, 'username.enabled': true,
		'feedback.enabled': true, 'affiliates.enabled': true,
		'entitlements.enabled': true, 'reservations.enabled': true,
		'stripe.enabled': true, 'stripe.secret_key': 'sk_budget',
		'credits.approval_above': 1000 } });
	someone = await person(at);
	admin = await person(at, 'admin_ro');
	await at.psql(`UPDATE users SET username = 'somebody'
		WHERE id = '${someone.id}'`);
});
after(async () => is((await at.stop()).code, 0, 'the exit status'));

let serial = 0;

/* What the log says of the one request that work sends. */
async function statements(work) {
	const id = `budget-request-${++serial}`;
	const response = await work({ 'X-Request-Id': id });
	const line = await eventually('it is logged', () => at.log().find(
		({ requestId, event }) => requestId === id && event === 'request'));

	ok(response.status < 500, `the status is ${response.status}`);
	return line.statements;
}

async function within(most, what, work) {
	const asked = await statements(work);

	ok(asked <= most, `${what} asks ${asked} times, not ${most}`);
}

/* What is counted in work is of a stand with other settings. */
async function elsewhere(name, config, work) {
	const keep = at;

	at = await stand({ name, config: { 'worker.count': 1, ...config } });
	try {
		await work(await person(at));
	} finally {
		await at.stop();
		at = keep;
	}
}

const get = (who, path) => (headers) => who.send('GET', path, { headers });
const post = (who, path, body) => (headers) => who.send('POST', path, {
	headers: { 'Content-Type': 'application/json', ...headers },
	body: JSON.stringify(body) });

const check = (who) => statements(get(who, '/api/auth/get-session'));

test('a session check asks once, whoever asks and however', async () => {
	const token = (await someone.session()).session.token;
	const bearer = (headers) => new Person(at).send('GET',
		'/api/auth/get-session', { headers: { ...headers,
			Authorization: `Bearer ${token}` } });

	for (const path of ['/api/auth/get-session', '/api/auth/session',
		'/auth/session'])
		is(await statements(get(someone, path)), 1, path);
	is(await statements(bearer), 1, 'with a bearer token');
	is(await statements(get(new Person(at), '/api/auth/get-session')), 0,
		'without a credential');
});

test('a token costs one statement to make, and one to be known by', () =>
	elsewhere('budgetjwt', { 'jwt.enabled': true,
		'jwt.algorithm': 'EdDSA' }, async (who) => {
		const { token } = (await who.get('/api/auth/token')).json();
		const bearer = (headers) => new Person(at).send('GET',
			'/api/admin/users', { headers: { ...headers,
				Authorization: `Bearer ${secret(token)}` } });

		is(await check(who), 2, 'of get-session');
		/* the first time the key is read, too */
		is(await statements(bearer), 2, 'of a new key');
		is(await statements(bearer), 1, 'of a known key');
		await at.psql(`UPDATE users SET banned = true
			WHERE id = '${who.id}'`);
		is(await statements(bearer), 1, 'of a refusal');
	}));

test('a session check that brings entitlements asks once', () =>
	elsewhere('budgetentitle', { 'entitlements.enabled': true,
		'entitlements.in_session': true, 'entitlements.in_token': true,
		'jwt.enabled': true, 'jwt.set_header': false }, async (who) => {
		for (const path of ['/api/auth/get-session', '/auth/session'])
			is(await statements(get(who, path)), 1, path);
		is(await statements(get(who, '/api/me/entitlements')), 2,
			'of /api/me/entitlements');
		/* the first makes the key */
		await statements(get(who, '/api/auth/token'));
		is(await statements(get(who, '/api/auth/token')), 2, 'of a token');
	}));

test('a session that is extended asks twice', async () => {
	await at.psql(`UPDATE sessions SET expires_at = now() + '1 day'
		WHERE user_id = '${someone.id}'`);
	is(await statements(get(someone, '/api/auth/get-session')), 2,
		'the number');
});

test('a sign-in asks three times, and writes its audit row', async () => {
	const body = { email: someone.email, password: PASSWORD };

	for (const path of [SIGN_IN, '/api/auth/signin', '/auth/login'])
		await within(4, path, post(new Person(at), path, body));
	await within(4, 'by name', post(new Person(at),
		'/api/auth/sign-in/username', { username: 'somebody',
			password: PASSWORD }));
});

test('a sign-in that is refused asks once, for nobody and somebody alike',
	async () => {
		const wrong = (email) => statements(post(new Person(at), SIGN_IN,
			{ email, password: 'wrong wrong wrong' }));

		is(await wrong(someone.email), 1, 'of somebody');
		is(await wrong('nobody@example.com'), 1, 'of nobody');
	});

test('an admin\'s list asks three times', async () => {
	for (const path of ['/admin/users', '/admin/users?q=example.com',
		'/api/admin/users', '/api/auth/admin/list-users', '/admin/orders',
		'/admin/licences', '/admin/licences?q=example.com&state=expiring',
		'/api/admin/licences', `/api/admin/users/${someone.id}/licences`,
		'/admin/credits', '/admin/mail', '/admin/feedback',
		'/admin/feedback?q=door', '/api/admin/feedback',
		'/admin/subscriptions', '/admin/subscriptions?plan=pro&status=active',
		'/admin/affiliates', '/admin/affiliates?q=0123456789',
		'/admin/approvals', '/admin/approvals?state=lapsed',
		'/admin/reservations', '/admin/items', '/api/admin/reservations'])
		await within(3, path, get(admin, path));
});

test('a spend and a hold ask three times, what is consumed four', async () => {
	const bursar = await person(at, 'admin_rw');
	const amount = { amount: 1, reason: 'Budget' };

	await within(6, 'a grant', post(bursar, '/api/admin/credits/grant',
		{ ...amount, userId: someone.id, key: 'grant' }));
	is(await statements(post(someone, '/api/credits/spend',
		{ ...amount, key: 'spend' })), 3, 'the number of a spend');
	await within(6, 'a grant that ends', post(bursar,
		'/api/admin/credits/grant', { ...amount, userId: someone.id,
			amount: 20, expiresInDays: 1, key: 'lot' }));
	is(await statements(post(someone, '/api/credits/spend',
		{ ...amount, key: 'of a lot' })), 3, 'the number of a lot\'s');
	is(await statements(post(someone, '/api/credits/holds',
		{ ...amount, key: 'hold' })), 3, 'the number of a hold');
	for (const cost of [1, 0])
		await within(4, `usage that costs ${cost}`, post(someone,
			'/api/credits/usage', { type: 'budget', amount: 1, cost,
				key: `usage${cost}` }));
	for (const path of ['balance', 'transfers', 'holds', 'usage'])
		is(await statements(get(someone, `/api/credits/${path}`)), 2,
			`the number of ${path}`);
	for (const path of ['holds', 'holds?user=nobody', 'usage',
		'usage?user=nobody'])
		await within(3, path, get(admin, `/api/admin/credits/${path}`));
});

test('limits in memory ask nothing, in the database once', async () => {
	for (const [storage, wanted] of [['memory', 1], ['database', 2]])
		await elsewhere(`budget${storage}`, {
			'rate_limit.enabled': true,
			'rate_limit.storage': storage,
		}, async (who) => is(await check(who), wanted, `of ${storage}`));
});

test('a session check that caches the session in a cookie asks once', () =>
	elsewhere('budgetcache', { 'session.cookie_cache': 'jwe' },
		async (who) => {
			is(await check(who), 1, 'without the cookie');
			is(await check(who), 1, 'with it');
		}));

test('a request by API key asks as often as one with a cookie', () =>
	elsewhere('budgetkey', { 'api_key.enabled': true }, async (who) => {
		const { key } = (await who.json('/api/keys', { name: 'Budget',
			scopes: ['profile:read'] })).json();

		is(await statements((headers) => new Person(at).send('GET',
			'/api/me', { headers: { ...headers,
				'x-api-key': secret(key) } })),
		await statements(get(who, '/api/me')), 'the number');
	}));
