/*
 * What somebody may use: given by admins, by licences, by plans; and the same
 * answer in sessions, in tokens and to programs that ask.
 */
import fs from 'node:fs';
import path from 'node:path';
import { after, before, csrfOf, is, matches, ok, person, Person, secret, stand,
	test } from './suite.mjs';

const CONFIG = { 'entitlements.enabled': true, 'jwt.enabled': true,
	'jwt.algorithm': 'EdDSA', 'api_key.enabled': true,
	'api_key.sessions': true, 'api_key.rate_limit': false };

let at, told, admin, who;

before(async () => {
	at = await stand({ name: 'entitlement', config: CONFIG });
	told = await stand({ name: 'told', config: { ...CONFIG,
		'entitlements.in_session': true, 'entitlements.in_token': true } });
	admin = await person(at, 'admin_rw');
	who = await person(at);
});
after(async () => {
	is((await at.stop()).code, 0, 'the exit status');
	is((await told.stop()).code, 0, 'the exit status');
});

const of = (someone, rest = '') =>
	`/api/admin/users/${someone.id}/entitlements${rest}`;
const licencesOf = (someone, rest = '') =>
	`/api/admin/users/${someone.id}/licences${rest}`;
const mine = async (someone) => (await someone.get('/api/me/entitlements'))
	.json();
const sorted = (object) => JSON.stringify(Object.entries(object ?? {}).sort());
const counts = async (someone, wanted) => is(sorted(
	(await mine(someone)).entitlements), sorted(wanted), 'what counts');
const audit = async (someone) => (await at.psql(`SELECT string_agg(action, ' '
	ORDER BY id) AS all FROM audit WHERE target_id = '${someone.id}'
	AND actor_id = '${admin.id}'`))[0].all;
const claims = (token) => JSON.parse(Buffer.from(
	secret(token).split('.')[1], 'base64url'));
const give = (someone, body, by = admin) => by.json(of(someone), body);
const license = async (someone, body, by = admin) =>
	(await by.json(licencesOf(someone), body)).json().licence;

test('an admin gives, replaces and takes away, and the audit tells of it',
	async () => {
		const user = await person(at);
		const first = await give(user, { key: 'seats', value: 5, days: 30 });
		const { entitlement } = first.json();

		is(first.status, 200, 'the status');
		is(entitlement.value, 5, 'the value');
		is(entitlement.source, 'admin', 'the source');
		ok(Date.parse(entitlement.expiresAt) > Date.now(), 'the end');
		is((await give(user, { key: 'seats', value: 6 })).json()
			.entitlement.id, entitlement.id, 'the id');
		await counts(user, { seats: 6 });
		is((await admin.send('DELETE', of(user, `/${entitlement.id}`)))
			.status, 200, 'the status');
		is((await admin.send('DELETE', of(user, `/${entitlement.id}`)))
			.json().code, 'ENTITLEMENT_NOT_FOUND', 'a second time');
		await counts(user, {});
		is(await audit(user), 'entitlement.set entitlement.set ' +
			'entitlement.drop', 'the audit');
	});

test('a value is any JSON but null', async () => {
	const user = await person(at);
	const values = { a: true, b: false, c: 1.5, d: 'gold', e: [1, 'x'],
		f: { deep: [true] } };

	for (const [key, value] of Object.entries(values))
		is((await give(user, { key, value })).status, 200, key);
	is((await give(user, { key: 'g' })).json().entitlement.value, true,
		'what is not said');
	await counts(user, { ...values, g: true });
});

test('what is out of bounds is refused and changes nothing', async () => {
	const user = await person(at);

	for (const body of [{}, { key: 'A', value: 1 }, { key: '', value: 1 },
		{ key: '.a', value: 1 }, { key: 'a'.repeat(65), value: 1 },
		{ key: 'a', value: null }, { key: 'a', value: 'x'.repeat(1001) },
		{ key: 'a', value: 1, source: 'plan' },
		{ key: 'a', value: 1, source: 'licence' },
		{ key: 'a', value: 1, days: 0 }, { key: 'a', value: 1, days: '1' }]) {
		const { status } = await give(user, body);

		is(status, 400, `the status of ${JSON.stringify(body)}`);
	}
	await counts(user, {});
});

test('an admin decides before a licence, that before a promotion and a plan',
	async () => {
		const user = await person(at);

		await at.psql(`INSERT INTO entitlements (id, owner_kind, owner_id,
			key, value, source, source_id, granted_at) VALUES ('${user.id}',
			'user', '${user.id}', 'seats', '1', 'plan', 'sub_1', now())`);
		await counts(user, { seats: 1 });
		await give(user, { key: 'seats', value: 2, source: 'promo' });
		await counts(user, { seats: 2 });

		const { id } = await license(user, { type: 'pro',
			limits: { seats: 3 } });

		await counts(user, { seats: 3 });
		await give(user, { key: 'seats', value: 4 });
		await counts(user, { seats: 4 });

		const list = (await admin.get(of(user))).json().entitlements;

		is(list.map(({ source, state }) => `${source} ${state}`).sort()
			.join(), 'admin active,plan overruled,promo overruled',
		'the list');
		await admin.send('DELETE', of(user, `/${list.find(({ source }) =>
			source === 'admin').id}`));
		await admin.json(licencesOf(user, `/${id}/revoke`), { reason: 'x' });
		await counts(user, { seats: 2 });
	});

test('a licence gives its features and limits until it ends', async () => {
	const user = await person(at);
	const licence = await license(user, { type: 'enterprise',
		features: ['sso', 'export'], limits: { seats: 25 }, days: 1 });
	const { grants } = await mine(user);

	await counts(user, { export: true, seats: 25, sso: true });
	is(grants[0].source, 'licence', 'the source');
	is(grants[0].sourceId, licence.id, 'the licence');
	is(grants[0].expiresAt, licence.expiresAt, 'its end');
	await at.psql(`UPDATE licences SET issued_at = now() - interval '2 days',
		expires_at = now() - interval '1 second' WHERE id = '${licence.id}'`);
	await counts(user, {});
	is((await admin.get(licencesOf(user))).json().licences[0].state,
		'expired', 'its state');
});

test('what a licence cannot say is refused', async () => {
	for (const body of [{}, { type: 'gold' }, { type: 'pro', features: 7 },
		{ type: 'pro', features: ['A'] }, { type: 'pro', features: ['a b'] },
		{ type: 'pro', limits: [] }, { type: 'pro', limits: { a: -1 } },
		{ type: 'pro', limits: { a: 1.5 } },
		{ type: 'pro', limits: { a: '5' } },
		{ type: 'pro', limits: { A: 5 } }, { type: 'pro', days: -1 },
		{ type: 'pro', features: Array.from({ length: 60 }, (_, i) =>
			`${i}${'x'.repeat(50)}`) }])
		is((await admin.json(licencesOf(who), body)).status, 400,
			JSON.stringify(body).slice(0, 60));
});

test('a licence\'s file is its holder\'s and the admins\', and verifies',
	async () => {
		const user = await person(at);
		const { id } = await license(user, { type: 'pro' });
		const file = await user.get(`/account/licences/${id}/file`);
		const shown = (await admin.get(`/api/admin/licences/${id}`)).json();
		const key = await at.tollgate(['licence', 'key']);
		const names = ['a.licence', 'a.json'].map((name) =>
			path.join(at.dir, name));

		is(file.status, 200, 'the status');
		matches(file.header('content-disposition'),
			new RegExp(`^attachment; filename="${id}.licence"$`));
		is(file.header('cache-control'), 'no-store', 'caching');
		is(file.text, shown.licence.file, 'what a program gets');
		is((await admin.get(`/admin/licences/${id}/file`)).text, file.text,
			'what an admin gets');
		is((await who.get(`/account/licences/${id}/file`)).status, 404,
			'the status of a stranger');
		fs.writeFileSync(names[0], file.text);
		fs.writeFileSync(names[1], key.stdout);
		matches((await at.tollgate(['licence', 'verify', names[0], '--key',
			names[1]])).stdout, new RegExp(`^licence: ${id}$`, 'm'));
	});

test('a revoked licence is not revoked again, nor somebody else\'s',
	async () => {
		const user = await person(at);
		const { id } = await license(user, { type: 'pro' });
		const revoke = (someone, reason = 'Unpaid.') => admin.json(
			licencesOf(someone, `/${id}/revoke`), { reason });

		is((await revoke(who)).json().code, 'LICENCE_NOT_FOUND', 'the code');
		is((await revoke(user, '')).status, 400, 'without a reason');
		is((await revoke(user)).json().licence.state, 'revoked', 'the state');
		is((await revoke(user)).json().code, 'LICENCE_REVOKED', 'the code');
		is(await audit(user), 'licence.issue licence.revoke', 'the audit');
	});

test('licences are searched, filtered and paged', async () => {
	const user = await person(at);
	const list = async (query) => (await admin.get(
		`/api/admin/licences?q=${user.id}${query}`)).json();

	for (const body of [{ type: 'free' }, { type: 'pro', days: 20 },
		{ type: 'enterprise', days: 300 }])
		await license(user, body);
	is((await list('')).licences.length, 3, 'all');
	is((await list('&type=pro')).licences.length, 1, 'of a type');
	is((await list('&state=expiring')).licences[0].type, 'pro', 'ending');
	is((await list('&state=revoked')).licences.length, 0, 'revoked');
	is((await list('&state=lost')).code, 'VALIDATION_ERROR', 'of no state');

	const first = await list('&limit=2');

	is(first.licences.length, 2, 'a page');
	is((await list(`&limit=2&cursor=${first.next}`)).licences[0].type,
		'free', 'the next');
	matches((await admin.get(`/admin/licences.csv?q=${user.id}`)).text,
		new RegExp(`${user.email},enterprise,`), 'the file');
});

test('nobody gives anything to who may do more than he', async () => {
	const chief = await person(at, 'super_admin');

	is((await give(chief, { key: 'a', value: 1 })).status, 403, 'given');
	is((await admin.json(licencesOf(chief), { type: 'pro' })).status, 403,
		'licensed');
	is((await give({ id: 'nobody' }, { key: 'a' })).json().code,
		'USER_NOT_FOUND', 'of nobody');
});

test('session, token and program get one answer, each when it is switched on',
	async () => {
		const chief = await person(told, 'admin_rw');
		const user = await person(told);
		const wanted = sorted({ export: true, seats: 5 });

		await give(user, { key: 'seats', value: 5 }, chief);
		await license(user, { type: 'pro', features: ['export'] }, chief);

		const { token } = (await user.get('/api/auth/token')).json();
		const { key } = (await user.json('/api/keys', { name: 'x',
			scopes: ['entitlements:read'] })).json();
		const asked = (headers, name) => new Person(told).send('GET', name,
			{ headers });

		for (const [what, answer] of Object.entries({
			'get-session': (await user.get('/api/auth/get-session')),
			'/auth/session': (await user.get('/auth/session')),
			'a cookie': (await user.get('/api/me/entitlements')),
			'a token': await asked({ Authorization: `Bearer ${token}` },
				'/api/me/entitlements'),
			'a key': await asked({ 'x-api-key': secret(key) },
				'/api/me/entitlements'),
			'a key\'s session': await asked({ 'x-api-key': key },
				'/api/auth/get-session'),
		}))
			is(sorted(answer.json().entitlements), wanted, what);
		is(sorted(claims(token).entitlements), wanted, 'the token');
		is(sorted(claims((await user.get('/api/auth/get-session'))
			.header('set-auth-jwt')).entitlements), wanted,
		'the token of get-session');
	});

test('switched off, neither session nor token tells anything', async () => {
	const { token } = (await who.get('/api/auth/token')).json();

	ok(!('entitlements' in await who.session()), 'the session tells');
	ok(!('entitlements' in claims(token)), 'the token tells');
});

test('a key without the scope is told nothing', async () => {
	const { key } = (await who.json('/api/keys', { name: 'x',
		scopes: ['profile:read'] })).json();

	is((await new Person(at).send('GET', '/api/me/entitlements', {
		headers: { 'x-api-key': secret(key) } })).status, 403, 'the status');
});

test('the whole of it is not there while it is off', async () => {
	const off = await stand({ name: 'entitleoff', config: {
		'entitlements.in_session': true, 'worker.count': 1 } });

	try {
		const user = await person(off, 'super_admin');

		for (const name of ['/api/me/entitlements', '/account/licences',
			'/admin/licences', '/api/admin/licences'])
			is((await user.get(name)).status, 404, name);
		ok(!('entitlements' in await user.session()), 'the session tells');
		ok(!/Entitlements|Licences/.test((await user.get(
			`/admin/users/${user.id}`)).text), 'the page tells');
	} finally {
		await off.stop();
	}
});

/* ---- pages ------------------------------------------------------------- */

test('an admin gives and takes away on the user\'s page', async () => {
	const user = await person(at);
	const page = `/admin/users/${user.id}`;
	const refused = await admin.post(`${page}/entitlements`, { key: 'No way',
		value: '<b>', source: 'promo' });

	is(refused.status, 400, 'the status of a refusal');
	matches(refused.text, /small letters/, 'what is wrong');
	matches(refused.text, /value="No way"/, 'what was typed');
	is((await admin.post(`${page}/entitlements`, { key: 'greeting',
		value: '<b>hello', source: 'promo', days: '3' })).status, 303,
	'the status');
	await admin.post(`${page}/entitlements`, { key: 'seats', value: '1200' });

	const { text } = await admin.get(page);

	matches(text, /&lt;b(&gt;|>)hello/, 'the value');
	matches(text, /1,200/, 'the number');
	is((await admin.post(/action="([^"]+\/drop)"/.exec(text)[1])).status, 303,
		'the status of the button');
	await counts(user, { seats: 1200 });
});

test('an admin issues and revokes on the user\'s page', async () => {
	const user = await person(at);
	const page = `/admin/users/${user.id}`;

	matches((await admin.post(`${page}/licences`, { type: 'pro',
		limits: 'seats' })).text, /seats=25/, 'what is wrong');
	is((await admin.post(`${page}/licences`, { type: 'pro',
		features: 'export,  sso', limits: 'seats=5 projects=10',
		days: '30' })).status, 303, 'the status');
	await counts(user, { export: true, projects: 10, seats: 5, sso: true });

	const { text } = await admin.get(page);
	const action = /action="([^"]+\/revoke)" autocomplete/.exec(text)[1];

	matches(text, /export, sso/, 'the features');
	matches((await admin.get('/admin/licences')).text,
		new RegExp(user.email), 'the list');
	is((await admin.post(action, { reason: '' })).status, 400,
		'the status without a reason');
	is((await admin.post(action, { reason: 'Unpaid.' })).status, 303,
		'the status');
	matches((await admin.get(page)).text, /Revoked.*Unpaid\./s, 'the page');
	await counts(user, {});
});

test('a user reads what he holds in plain words', async () => {
	const user = await person(at);

	matches((await user.get('/account/licences')).text,
		/No licences yet/, 'before');
	await license(user, { type: 'enterprise', features: ['sso'] });
	await give(user, { key: 'beta', value: false });

	const { text } = await user.get('/account/licences');

	matches(text, /Enterprise/, 'the licence');
	matches(text, /sso: Yes.*A licence/s, 'the feature');
	matches(text, /beta: No.*Given by us/s, 'what an admin gave');
	ok(csrfOf(text) !== undefined, 'there is no form token');
});

test('a refused revocation is shown where it was typed', async () => {
	const user = await person(at), page = `/admin/users/${user.id}`;

	await license(user, { type: 'pro' });

	const [path] = /\/admin\/users\/\w+\/licences\/\w+\/revoke/.exec(
		(await admin.get(page)).text);
	const refused = await admin.post(path, { reason: 'x'.repeat(201) });

	is(refused.status, 400, 'the status');
	matches(refused.text, /href="#revoke-reason"[^]*open>\s*<summary[^>]*>Revoke/,
		'the form');
	matches(refused.text, /id="revoke-reason"[^>]*value="x{201}"/, 'the reason');
});

test('a reader sees everything, and no buttons', async () => {
	const reader = await person(at, 'admin_ro');
	const user = await person(at);

	await give(user, { key: 'seats', value: 5 });
	await license(user, { type: 'pro' });

	const { text } = await reader.get(`/admin/users/${user.id}`);

	matches(text, /<code>seats<\/code>/, 'the page');
	ok(!/Take away|Issue a licence|Give an ent|Revoke Pro/.test(text),
		'there are buttons');
});
