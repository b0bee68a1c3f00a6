/*
 * An admin acts as a user: who may, for how long, what he cannot do
 * meanwhile, whose name it is done in, and the way back.
 */
import { createHmac } from 'node:crypto';
import { parseSetCookie } from '../lib/http.mjs';
import { PASSWORD, Person, SESSION, after, before, csrfOf, is, matches, ok,
	onEveryWorker, person, stand, test } from './suite.mjs';

const ADMIN = 'better-auth.admin_session';
const FORGET = 'better-auth.dont_remember';
const SECRET = 'stand-secret-0123456789abcdefABCDEF';
const HOUR_MS = 3600000;
let at;

before(async () => {
	at = await stand({ name: 'impersonation', config: {
		'admin.enabled': true, 'user.delete': true,
		'jwt.enabled': true, 'jwt.algorithm': 'EdDSA',
		'one_time_token.enabled': true, 'api_key.enabled': true,
		'feedback.enabled': true, 'reservations.enabled': true,
		'api_key.sessions': true } });
});
after(async () => is((await at.stop()).code, 0, 'the exit status'));

const wire = (who, path, body) => who.json(`/api/auth/admin/${path}`, body);
const names = (response) => response.cookies.map(
	(line) => parseSetCookie(line).name);

async function start(admin, user) {
	const response = await wire(admin, 'impersonate-user',
		{ userId: user.id });

	is(response.status, 200, `the status (${response.text})`);
	return response.json();
}

async function both(role = 'admin_rw') {
	return [await person(at, role), await person(at)];
}

async function audit(userId) {
	return at.psql(`SELECT action, actor_id AS actor, as_id AS "as", after
		FROM audit
		WHERE target_id = '${userId}' ORDER BY created_at, id`);
}

const isOut = (answer) => is(answer.text, 'null', 'the session');

/* ---- life ------------------------------------------------------------------ */

test('an hour later the admin is out, however much he does', async () => {
	const [admin, user] = await both();
	const { session } = await start(admin, user);
	const left = Date.parse(session.expiresAt) - Date.now();

	ok(left > HOUR_MS - 60000 && left <= HOUR_MS, `${left} ms are left`);
	await at.psql(`UPDATE sessions SET created_at = created_at
		- interval '30 days' WHERE id = '${session.id}'`);
	is((await admin.get('/api/auth/get-session')).cookies.length, 0,
		'the number of cookies');
	is((await admin.session()).session.expiresAt, session.expiresAt,
		'the end');
	await at.psql(`UPDATE sessions SET expires_at = now()
		WHERE id = '${session.id}'`);
	isOut(await admin.get('/api/auth/get-session'));
});

test('he finds his own session again, as long-lived as it was', async () => {
	for (const [rememberMe, age] of [[true, 604800], [false, undefined]]) {
		const [admin, user] = await both();

		admin.jar.close();
		await admin.signIn({ rememberMe });

		const own = (await admin.session()).session;

		await start(admin, user);
		is((await admin.session()).user.id, user.id, 'the user');

		const stopped = await wire(admin, 'stop-impersonating', {});
		const cookie = stopped.cookies.map(parseSetCookie).find(
			({ name }) => name === SESSION);

		is(stopped.json().session.id, own.id, 'the session');
		is(stopped.json().user.id, admin.id, 'the user');
		is(cookie.attributes['Max-Age'], age, 'Max-Age');
		is((await admin.session()).session.id, own.id, 'the session');
		is(admin.jar.get(ADMIN), undefined, 'the cookie aside');
	}
});

test('what was borrowed is refused once it was given back', async () => {
	const [admin, user] = await both();

	await start(admin, user);

	const cookie = admin.jar.header('/');

	await wire(admin, 'stop-impersonating', {});
	isOut(await new Person(at).send('GET', '/api/auth/get-session',
		{ headers: { Cookie: cookie } }));
});

/* ---- whoever takes the power takes what was done with it -------------------- */

const ENDS = {
	'banned': (boss, admin) => wire(boss, 'ban-user', { userId: admin.id }),
	'removed': (boss, admin) => wire(boss, 'remove-user',
		{ userId: admin.id }),
	'of another role': (boss, admin) => wire(boss, 'set-role',
		{ userId: admin.id, role: 'user' }),
	'signed out everywhere': (boss, admin) => wire(boss,
		'revoke-user-sessions', { userId: admin.id }),
	'out of the session he began it in': async (boss, admin) => wire(boss,
		'revoke-user-session', { sessionToken: decodeURIComponent(
			admin.jar.get(ADMIN)).split(':')[0] }),
	'out of it, by himself elsewhere': async (boss, admin) => {
		const other = await admin.another();
		const { id } = (await other.session()).session;
		const [began] = (await other.get('/api/auth/list-sessions')).json()
			.filter((session) => session.id !== id);

		return other.json('/api/auth/revoke-session',
			{ token: began.token });
	},
	'signed out by himself elsewhere': async (boss, admin) =>
		(await admin.another()).json('/api/auth/revoke-other-sessions',
			{}),
	'a thief, and his victim changes the password': async (boss, admin) =>
		(await admin.another()).json('/api/auth/change-password', {
			currentPassword: PASSWORD, revokeOtherSessions: true,
			newPassword: 'another password' }),
};

for (const [what, end] of Object.entries(ENDS))
	test(`an admin who is ${what} is out of the user on every worker`,
		async () => {
			const [admin, user] = await both();
			const boss = await person(at, 'super_admin');

			await start(admin, user);
			await onEveryWorker(admin, '/api/auth/get-session',
				(answer) => is(answer.json().user.id, user.id,
					'the user'));
			is((await end(boss, admin)).status, 200, 'the status');
			await onEveryWorker(admin, '/api/auth/get-session',
				isOut);
		});

for (const [what, end] of Object.entries({
	'banned': (boss, user) => wire(boss, 'ban-user', { userId: user.id }),
	'removed': (boss, user) => wire(boss, 'remove-user',
		{ userId: user.id }),
	'signed out everywhere': (boss, user) => wire(boss,
		'revoke-user-sessions', { userId: user.id }) }))
	test(`nobody acts as a user who is ${what}`, async () => {
		const [admin, user] = await both();
		const boss = await person(at, 'admin_rw');

		await start(admin, user);
		is((await end(boss, user)).status, 200, 'the status');
		await onEveryWorker(admin, '/api/auth/get-session', isOut);
	});

/* ---- who may become whom ---------------------------------------------------- */

/* Rows: who; columns: user, admin_ro, admin_rw, admin, super_admin. */
const ROLES = ['user', 'admin_ro', 'admin_rw', 'admin', 'super_admin'];
const BECOMES = {
	user: [0, 0, 0, 0, 0],
	admin_ro: [0, 0, 0, 0, 0],
	admin_rw: [1, 0, 0, 0, 0],
	admin: [1, 0, 0, 0, 0],
	super_admin: [1, 1, 1, 1, 1],
};

test('nobody becomes somebody who may do more, or himself', async () => {
	for (const [role, may] of Object.entries(BECOMES)) {
		const admin = await person(at, role);

		for (const [i, target] of ROLES.entries()) {
			const subject = await person(at, target);
			const who = await admin.another();
			const { status } = await wire(who, 'impersonate-user',
				{ userId: subject.id });

			is(status, may[i] ? 200 : 403, `${role} as ${target}`);
		}
		is((await wire(admin, 'impersonate-user', { userId: admin.id }))
			.status, 403, `${role} as himself`);
	}
});

test('nobody becomes a banned user', async () => {
	const [admin, user] = await both();

	await wire(admin, 'ban-user', { userId: user.id });

	const refused = await wire(admin, 'impersonate-user',
		{ userId: user.id });

	is(refused.status, 403, 'the status');
	is(refused.json().code, 'BANNED_USER', 'the code');
});

test('who acts as an admin is none, and becomes nobody else', async () => {
	const [admin, other] = [await person(at, 'super_admin'),
		await person(at, 'super_admin')];
	const user = await person(at);

	await start(admin, other);
	is((await wire(admin, 'impersonate-user', { userId: user.id })).status,
		403, 'the status of another impersonation');
	is((await wire(admin, 'has-permission', { permissions: {
		user: ['list'] } })).json().success, false, 'the permission');
	is((await admin.get('/api/admin/users')).status, 403, 'the list');
	is((await admin.get('/admin')).status, 403, 'the page');
	ok(!(await admin.get('/account')).text.includes('href="/admin"'),
		'the menu leads there');
});

/* ---- what is left to the user ----------------------------------------------- */

test('what opens the account or ends it is left to the user', async () => {
	const [admin, user] = await both();
	const refused = [
		['/api/auth/change-password', { currentPassword: PASSWORD,
			newPassword: 'another-password' }],
		['/api/auth/change-email', { newEmail: 'a@example.com' }],
		['/api/auth/delete-user', { password: PASSWORD }],
		['/api/auth/api-key/create', { name: 'mine' }],
		['/api/keys', { name: 'mine' }],
	];

	await start(admin, user);
	for (const [path, body] of refused) {
		const response = await admin.json(path, body);

		is(response.status, 403, `the status of ${path}`);
		is(response.json().code, 'IMPERSONATING', 'the code');
	}

	const link = await admin.get(
		'/api/auth/delete-user/callback?token=whatever');

	is(link.status, 403, 'the status of a link');
	is(link.json().code, 'IMPERSONATING', 'the code');

	const page = await admin.post('/account/security/password', {
		currentPassword: PASSWORD, newPassword: 'another-password' });

	is(page.status, 403, 'the status of the page');
	matches(page.text, /left to the user/, 'the page');
	await user.another();
});

test('what is left to the user is not offered', async () => {
	const [admin, user] = await both();
	const offers = {
		'/account': [/"\/account\/email"/, /"\/account\/delete"/],
		'/account/security': [/"\/account\/security\/password"/],
		'/account/keys': [/action="\/account\/keys"/,
			/"\/account\/keys\/[0-9a-f]+\/revoke"/],
		'/account/feedback': [/action="\/account\/feedback"/],
		'/account/reservations': [/post" action="\/account\/reservations"/],
	};

	await user.json('/api/keys', { name: 'mine' });
	await admin.json('/api/admin/items', { name: `Room ${user.id}`,
		description: '', price: 1, unit: 'hour', active: true });
	await start(admin, user);
	for (const [path, paths] of Object.entries(offers)) {
		const [own, acting] = [await user.get(path),
			await admin.get(path)];

		for (const offer of paths) {
			matches(own.text, offer, `${path} of the user`);
			ok(!offer.test(acting.text), `${path}: ${offer}`);
		}
		matches(acting.text, /Only A Person can do this/, path);
		ok(!own.text.includes('can do this'), `${path} says so`);
	}
});

test('no token tells of a user as whom an admin acts', async () => {
	const [admin, user] = await both();

	ok((await user.get('/api/auth/get-session')).header('set-auth-jwt'),
		'the user has none');
	is((await user.get('/api/auth/token')).status, 200, 'the status');
	await start(admin, user);
	is((await admin.get('/api/auth/get-session')).header('set-auth-jwt'),
		null, 'the header');

	for (const path of ['token', 'one-time-token/generate'])
		is((await admin.get(`/api/auth/${path}`)).json().code,
			'IMPERSONATING', `the code of ${path}`);
});

test('a key acts as nobody', async () => {
	const [admin, user] = await both();
	const { key } = (await admin.json('/api/auth/api-key/create',
		{ name: 'mine' })).json();
	const headers = { 'Content-Type': 'application/json',
		'x-api-key': key };

	is((await new Person(at).send('GET', '/api/auth/get-session',
		{ headers })).json().user.id, admin.id, 'whose key it is');

	const refused = await new Person(at).send('POST',
		'/api/auth/admin/impersonate-user', { headers,
			body: JSON.stringify({ userId: user.id }) });

	is(refused.status, 403, 'the status');
	is(refused.cookies.length, 0, 'the number of cookies');
});

test('the audit and the ledger name the admin', async () => {
	const [admin, user] = await both();

	await admin.send('POST', '/api/admin/credits/grant', {
		body: JSON.stringify({ userId: user.id, amount: 5, reason: 'x' }),
		headers: { 'Content-Type': 'application/json',
			'Idempotency-Key': `i${process.pid}` } });
	await start(admin, user);
	is((await admin.json('/api/auth/update-user', { name: 'Renamed' }))
		.status, 200, 'the status');
	is((await admin.send('POST', '/api/credits/spend', {
		body: JSON.stringify({ amount: 1, reason: 'x' }),
		headers: { 'Content-Type': 'application/json',
			'Idempotency-Key': `j${process.pid}` } })).status, 200,
	'the status of spending');
	await wire(admin, 'stop-impersonating', {});

	const entries = (await audit(user.id)).filter(
		({ actor }) => actor !== user.id);
	const [spent] = await at.psql(`SELECT actor_id AS actor FROM transfers
		WHERE wallet_id = '${user.id}' AND kind = 'spend'`);

	is(entries.map(({ action }) => action).join(),
		['credit.grant', 'impersonation.start', 'user.update',
			'impersonation.stop'].join(), 'the audit');
	for (const { actor } of [...entries, spent])
		is(actor, admin.id, 'the actor');
	is(entries.map((entry) => entry.as ?? '').join(),
		['', '', user.id, user.id].join(), 'as whom');
	matches((await admin.get(`/admin/users/${user.id}`)).text,
		/A Person as Renamed/, 'the page');
});

/* ---- pages ------------------------------------------------------------------ */

async function enter(admin, user, reason = 'Ticket 17') {
	return admin.post(`/admin/users/${user.id}/impersonate`, { reason });
}

test('a page asks for the reason, and the audit keeps it', async () => {
	const [admin, user] = await both();
	const none = await enter(admin, user, '');

	is(none.status, 400, 'the status without a reason');
	matches(none.text, /Reason is missing/, 'the page');
	is((await admin.session()).user.id, admin.id, 'the user');
	is((await enter(admin, user)).header('location'), '/account',
		'the place');

	const entry = (await audit(user.id)).at(-1);

	is(entry.action, 'impersonation.start', 'the action');
	is(entry.after.reason, 'Ticket 17', 'the reason');
});

test('every page says so and has the way out', async () => {
	const [admin, user] = await both();

	await enter(admin, user);
	for (const path of ['/account', '/account/security', '/account/credits',
		'/account/orders', '/logout', '/admin']) {
		const page = await admin.send('GET', path, { headers: {
			Accept: 'text/html' } });

		matches(page.text, /You are acting as <strong>A Person<\/strong>/,
			path);
		matches(page.text, /action="\/account\/impersonation\/stop"/,
			path);
	}

	const stopped = await admin.post('/account/impersonation/stop');

	is(stopped.header('location'), `/admin/users/${user.id}`, 'the place');
	is((await admin.session()).user.id, admin.id, 'the user');
	ok(!(await admin.get('/account')).text.includes('You are acting as'),
		'the banner is still there');
	is(admin.jar.get(FORGET), undefined, 'the marker');
});

test('there is a way out when nothing waits', async () => {
	const [admin, user] = await both();

	await enter(admin, user);
	await at.psql(`UPDATE sessions SET expires_at = now()
		WHERE user_id = '${admin.id}'`);
	is((await wire(admin, 'stop-impersonating', {})).text,
		'{"message":"Failed to find admin session"}', 'the answer');

	const stopped = await admin.post('/account/impersonation/stop');

	is(stopped.header('location'), '/login', 'the place');
	is(admin.jar.get(ADMIN), undefined, 'the cookie aside');
	isOut(await admin.get('/api/auth/get-session'));
});

test('signing out signs out of both', async () => {
	const [admin, user] = await both();

	await enter(admin, user);

	const aside = decodeURIComponent(admin.jar.get(ADMIN));
	const [token] = aside.split(':');
	const out = await admin.json('/api/auth/sign-out', {});

	ok(names(out).includes(ADMIN), 'the cookie stays');
	is((await new Person(at).send('GET', '/api/me', { headers: {
		Authorization: `Bearer ${token}` } })).status, 401,
	'the status with the waiting token');
	ok(await user.session() !== null, 'the user is out');
});

test('signing in as somebody else ends both', async () => {
	const [admin, user] = await both();
	const other = await person(at);

	await enter(admin, user);

	const [token] = decodeURIComponent(admin.jar.get(ADMIN)).split(':');
	const page = await admin.get('/logout');

	is((await admin.form('/login', { csrf: csrfOf(page.text),
		email: other.email, password: PASSWORD })).status, 303,
	'the status');
	is((await admin.session()).user.id, other.id, 'the user');
	is(admin.jar.get(ADMIN), undefined, 'the cookie aside');
	is((await new Person(at).send('GET', '/api/me', { headers: {
		Authorization: `Bearer ${token}` } })).status, 401,
	'the status with the waiting token');
	is((await at.psql(`SELECT count(*) AS n FROM sessions
		WHERE impersonated_by = '${admin.id}'`))[0].n, 0,
	'the number of borrowed sessions');
});

/* ---- what is in the cookie -------------------------------------------------- */

function signed(value) {
	return encodeURIComponent(`${value}.${createHmac('sha256', SECRET)
		.update(value).digest('base64')}`);
}

test('only the admin who acts gets back, whatever the cookie says', async () => {
	const [admin, user] = await both();
	const other = await person(at, 'super_admin');
	const [theirs] = decodeURIComponent(other.jar.get(SESSION)).split('.');

	await start(admin, user);

	const session = admin.jar.get(SESSION);
	const [own] = decodeURIComponent(admin.jar.get(ADMIN)).split(':');

	for (const value of [undefined, '', `${own}:`, signed(`${theirs}:`),
		signed(own), signed(':'), signed('::'), signed(`${own}:x:`),
		signed(`${own.toLowerCase()}x:`), signed('a'.repeat(500))]) {
		const cookie = `${SESSION}=${session}` +
			(value === undefined ? '' : `; ${ADMIN}=${value}`);
		const response = await new Person(at).send('POST',
			'/api/auth/admin/stop-impersonating', { headers: {
				Cookie: cookie } });

		is(response.status, 500, `the status with ${value}`);
		is(response.cookies.length, 0, 'the number of cookies');
	}
	is((await wire(admin, 'stop-impersonating', {})).status, 200,
		'the status in the end');
});

test('the cookie aside is no session', async () => {
	const [admin, user] = await both();

	await start(admin, user);
	for (const name of [SESSION, FORGET])
		isOut(await new Person(at).send('GET',
			'/api/auth/get-session', { headers: {
				Cookie: `${name}=${admin.jar.get(ADMIN)}` } }));
});

test('a user does not see who acts as him, an admin does', async () => {
	const [admin, user] = await both();
	const boss = await person(at, 'admin_ro');
	const { session } = await start(admin, user);
	const own = (await user.get('/api/auth/list-sessions')).json();
	const all = (await wire(boss, 'list-user-sessions',
		{ userId: user.id })).json().sessions;

	is(own.length, 1, 'the number of his own');
	is(all.length, 2, 'the number of all');
	is(all.find(({ id }) => id === session.id).impersonatedBy, admin.id,
		'who acts');
	ok(all.every(({ token, id }) => token === id), 'a token is shown');
	matches((await boss.get(`/admin/users/${user.id}`)).text,
		/An admin<\/span>/, 'the page of an admin');
	ok(!(await user.get('/account/security')).text.includes(session.id),
		'the page shows it');
});
