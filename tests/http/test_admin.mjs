/*
 * What administrators do to users, by the wire contract and by our own API:
 * who may do what to whom, what is found, what it leaves behind.
 */
import { PASSWORD, Person, after, before, csrfOf, is, matches, ok, oneOf,
	onEveryWorker, person, stand, test, times } from './suite.mjs';

const ROLES = ['user', 'admin_ro', 'admin_rw', 'admin', 'super_admin'];
const MAX = 1000;		/* users in one list */
let at, strict;

before(async () => {
	[at, strict] = await Promise.all([
		stand({ name: 'admin', config: { 'admin.enabled': true,
			'user.fields': 'level:number=1!' } }),
		stand({ name: 'strict', config: { 'admin.enabled': true,
			'admin.default_role': 'member',
			'admin.roles': 'member, editor',
			'admin.ban_reason': 'House rules',
			'admin.ban_seconds': 60,
			'admin.banned_message': 'Write to us.',
			'admin.set_password': false,
			'username.enabled': true } }),
	]);
});
after(async () => {
	is((await at.stop()).code, 0, 'the exit status');
	is((await strict.stop()).code, 0, 'the exit status');
});

const wire = (who, path, body) => who.json(`/api/auth/admin/${path}`, body);
const isOut = (answer) => is(answer.text, 'null', 'the session');
let serial = 0;
const fresh = (name = 'a') =>
	`${name}${process.pid}x${++serial}@admin.example.com`;

async function listed(who, query) {
	const response = await who.get('/api/auth/admin/list-users?' +
		new URLSearchParams(query));

	is(response.status, 200, `the status (${response.text})`);
	return response.json();
}

async function refused(response, status, code) {
	is(response.status, status, `the status (${response.text})`);
	is(response.json().code, code, 'the code');
}

/* ---- who may do what to whom ------------------------------------------------ */

/* Rows: who; columns: to whom, in the order of ROLES. glewlwyd
 * CVE-2021-45379: somebody of little power reached who had more. */
const REACH = {
	user: [0, 0, 0, 0, 0],
	admin_ro: [0, 0, 0, 0, 0],
	admin_rw: [1, 1, 1, 0, 0],
	admin: [1, 1, 1, 1, 0],
	super_admin: [1, 1, 1, 1, 1],
};
const DEEDS = {
	'ban-user': (id) => ({ userId: id }),
	'unban-user': (id) => ({ userId: id }),
	'update-user': (id) => ({ userId: id, data: { name: 'Renamed' } }),
	'revoke-user-sessions': (id) => ({ userId: id }),
	'revoke-user-session': (id, session) => ({ sessionToken: session }),
	'set-user-password': (id) => ({ userId: id, newPassword: PASSWORD }),
	'remove-user': (id) => ({ userId: id }),
};

test('cve_2021_45379: nobody reaches who may do more', async () => {
	for (const [role, reach] of Object.entries(REACH)) {
		const admin = await person(at, role);

		for (const [i, target] of ROLES.entries()) {
			const subject = await person(at, target);
			const { session } = await subject.session();

			for (const [path, body] of Object.entries(DEEDS)) {
				const { status } = await wire(admin, path,
					body(subject.id, session.id));

				is(status, reach[i] ? 200 : 403,
					`${path} by ${role} on ${target}`);
			}
		}
	}
});

/* From "user" to the column's role, and who may do it. */
const GIVES = {
	user: [0, 0, 0, 0, 0],
	admin_ro: [0, 0, 0, 0, 0],
	admin_rw: [1, 0, 0, 0, 0],
	admin: [1, 1, 1, 1, 0],
	super_admin: [1, 1, 1, 1, 1],
};

test('nobody makes who may do more, in whatever words', async () => {
	for (const [role, gives] of Object.entries(GIVES)) {
		const admin = await person(at, role);

		for (const [i, wanted] of ROLES.entries())
			for (const words of [wanted, [wanted], `x,${wanted}`,
				['x', wanted], ` ${wanted} `]) {
				const status = gives[i] ? 200 : 403;
				const subject = await person(at);
				const what = `${JSON.stringify(words)} by ${role}`;

				is((await wire(admin, 'set-role', { userId:
					subject.id, role: words })).status,
				status, `set-role ${what}`);
				is((await wire(admin, 'update-user', {
					userId: subject.id, data: { role: words }
				})).status, status, `update-user ${what}`);
				is((await wire(admin, 'create-user', {
					email: fresh(), name: 'N', role: words
				})).status, status, `create-user ${what}`);
				is((await wire(admin, 'create-user', {
					email: fresh(), name: 'N',
					data: { role: words } })).status,
				status, `create-user with data, ${what}`);
			}
	}
});

test('a name that is no role of ours has no power', async () => {
	const admin = await person(at, 'admin');
	const subject = await person(at);

	for (const role of ['editor', 'root', 'Admin', 'super admin',
		'power admin', 'admin;', 'user:list']) {
		is((await wire(admin, 'set-role', { userId: subject.id, role }))
			.status, 200, role);
		is((await subject.get('/api/admin/users')).status, 403, role);
	}
});

test('nobody bans, removes or promotes himself', async () => {
	const admin = await person(at, 'super_admin');
	const userId = admin.id;

	await refused(await wire(admin, 'ban-user', { userId }), 400,
		'YOU_CANNOT_BAN_YOURSELF');
	await refused(await wire(admin, 'update-user', { userId,
		data: { banned: true } }), 400, 'YOU_CANNOT_BAN_YOURSELF');
	await refused(await wire(admin, 'remove-user', { userId }), 400,
		'YOU_CANNOT_REMOVE_YOURSELF');
	await refused(await wire(admin, 'set-role', { userId, role: 'user' }),
		400, 'YOU_CANNOT_CHANGE_YOUR_OWN_ROLE');
	await refused(await wire(admin, 'update-user', { userId,
		data: { role: 'user' } }), 400,
	'YOU_CANNOT_CHANGE_YOUR_OWN_ROLE');
});

test('two who act on each other at once: the database has an order',
	async () => {
		const pairs = await times(10, () => times(2,
			() => person(at, 'super_admin')));
		const acts = ['ban-user', 'remove-user', 'set-role'];

		for (const [n, [one, two]] of pairs.entries()) {
			const path = acts[n % acts.length];
			const [a, b] = await Promise.all([[one, two],
				[two, one]].map(([who, whom]) => wire(who, path,
				{ userId: whom.id, role: 'user' })));

			for (const { status } of [a, b])
				oneOf(status, [200, 401, 403, 404], path);
			ok(a.status === 200 || b.status === 200,
				`${path}: neither came through`);
			/* Who was struck first strikes no more. */
			ok(a.status !== 200 || b.status !== 200,
				`${path}: both came through`);
		}
	});

/* ---- at once ---------------------------------------------------------------- */

for (const [what, act] of Object.entries({
	'banned': (admin, id) => wire(admin, 'ban-user', { userId: id }),
	'removed': (admin, id) => wire(admin, 'remove-user', { userId: id }),
	'banned by an update': (admin, id) => wire(admin, 'update-user',
		{ userId: id, data: { banned: true } }),
	'banned by our API': (admin, id) => admin.json(
		`/api/admin/users/${id}/ban`, { reason: 'x' }),
	'given a password by our API': (admin, id) => admin.json(
		`/api/admin/users/${id}/password`, { newPassword: PASSWORD }),
	'signed out': (admin, id) => wire(admin, 'revoke-user-sessions',
		{ userId: id }) }))
	test(`who is ${what} is out on every worker with the next request`,
		async () => {
			const [admin, user] = [await person(at, 'admin_rw'),
				await person(at)];

			await onEveryWorker(user, '/api/auth/get-session',
				(answer) => ok(answer.json() !== null, 'none'));
			is((await act(admin, user.id)).status, 200, 'the status');
			await onEveryWorker(user, '/api/auth/get-session', isOut);
		});

test('a role counts on every worker with the next request', async () => {
	const boss = await person(at, 'super_admin');
	const user = await person(at);
	const path = '/api/auth/admin/list-users?limit=1';

	for (const [role, status] of [['admin_ro', 200], ['user', 403],
		[['user', 'admin'], 200], ['nonsense', 403]]) {
		await wire(boss, 'set-role', { userId: user.id, role });
		await onEveryWorker(user, path, (answer) =>
			is(answer.status, status, `the status as ${role}`));
	}
});

test('a session is revoked by what the list shows, and by its token',
	async () => {
		const admin = await person(at, 'admin_rw');
		const user = await person(at);
		const other = await user.another();
		const { session } = await user.session();
		const { sessions } = (await wire(admin, 'list-user-sessions',
			{ userId: user.id })).json();

		ok(sessions.every(({ id, token }) => id === token),
			'a token is shown');
		await wire(admin, 'revoke-user-session',
			{ sessionToken: session.token });
		isOut(await user.get('/api/auth/get-session'));
		await wire(admin, 'revoke-user-session', { sessionToken:
			sessions.find(({ id }) => id !== session.id).token });
		isOut(await other.get('/api/auth/get-session'));
	});

/* ---- accounts --------------------------------------------------------------- */

test('all sessions are revoked where there are some', async () => {
	const [boss, user] = [await person(at, 'admin_rw'), await person(at)];
	const page = async () => (await boss.get(`/admin/users/${user.id}`))
		.text.includes('Revoke all sessions');

	is(await page(), true, 'the button of who is signed in');
	await wire(boss, 'revoke-user-sessions', { userId: user.id });
	is(await page(), false, 'the button of who is not');
});

test('a made account signs in, one without a password does not', async () => {
	const admin = await person(at, 'admin_rw');
	const who = new Person(at);
	const made = await wire(admin, 'create-user', { name: 'N',
		email: who.email.toUpperCase(), password: PASSWORD,
		data: { emailVerified: true, level: 7, image: 'https://i/' } });
	const { user } = made.json();

	is(user.email, who.email, 'the address');
	is(user.emailVerified, true, 'emailVerified');
	is(user.level, 7, 'a field nobody may set for himself');
	await who.signIn();

	const none = new Person(at);

	await wire(admin, 'create-user', { name: 'N', email: none.email });
	is((await none.json('/api/auth/sign-in/email', { email: none.email,
		password: PASSWORD })).status, 401, 'the status');
	is((await at.letters()).filter(({ recipient }) =>
		recipient === none.email).length, 0, 'the number of letters');
});

/* Follows the link to the page, and signs in with what was chosen there. */
async function chooses(url, email) {
	const who = new Person(at);
	const followed = await who.get(url.replace(at.url, ''));
	const page = new URL(followed.header('location'));

	is(followed.status, 302, 'the status of the link');
	is(page.pathname, '/reset-password', 'where it leads');

	const form = await who.get(page.pathname + page.search);

	is((await who.form('/reset-password', { csrf: csrfOf(form.text),
		token: page.searchParams.get('token'),
		newPassword: 'chosen-by-myself' })).status, 303, 'the status');
	is((await who.json('/api/auth/sign-in/email', { email,
		password: 'chosen-by-myself' })).status, 200, 'the status');
}

test('a link to choose one goes to who is made without a password', async () => {
	const admin = await person(at, 'admin_rw');

	for (const make of [
		(email) => admin.post('/admin/users', { name: 'N', email,
			role: 'user' }),
		(email) => admin.json('/api/admin/users', { name: 'N', email })]) {
		const email = fresh();

		oneOf((await make(email)).status, [200, 303], 'the status');

		const [letter] = (await at.letters()).filter(
			({ recipient }) => recipient === email);

		is(letter.kind, 'account-created', 'the letter');
		await chooses(letter.url, email);
	}
});

test('one account an address, in whatever case', async () => {
	const admin = await person(at, 'admin_rw');
	const email = fresh();
	const answers = await times(20, () => wire(admin, 'create-user',
		{ name: 'N', email: Math.random() < 0.5 ? email :
			email.toUpperCase() }));

	is(answers.filter(({ status }) => status === 200).length, 1,
		'how many were made');
	for (const answer of answers.filter(({ status }) => status !== 200))
		await refused(answer, 400,
			'USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL');
});

test('data is bounded, and what it does not know it leaves', async () => {
	const admin = await person(at, 'admin_rw');
	const user = await person(at);
	const update = (data) => wire(admin, 'update-user',
		{ userId: user.id, data });

	for (const data of [{ name: 5 }, { name: 'x'.repeat(201) },
		{ image: 'x'.repeat(2001) }, { emailVerified: 'yes' },
		{ banned: 1 }, { banReason: 'x'.repeat(201), banned: true },
		{ banned: true, banExpires: 'tomorrow' }, { level: 'high' }])
		await refused(await update(data), 400, 'VALIDATION_ERROR');
	for (const email of ['x', `${'x'.repeat(250)}@example.com`]) {
		await refused(await update({ email }), 400, 'INVALID_EMAIL');
		await refused(await wire(admin, 'create-user', { email,
			name: 'N' }), 400, 'INVALID_EMAIL');
	}
	for (const role of ['x'.repeat(201), Array(60).fill('user'),
		Array(60).fill('x'.repeat(100))])
		for (const response of [await update({ role }),
			await wire(admin, 'set-role', { userId: user.id, role }),
			await wire(admin, 'create-user', { email: fresh(),
				name: 'N', data: { role } })])
			await refused(response, 400, 'VALIDATION_ERROR');
	await refused(await update({ role: 5 }), 400, 'INVALID_ROLE_TYPE');
	await refused(await update({ role: [5] }), 400, 'INVALID_ROLE_TYPE');
	await refused(await update({ role: ' , ' }), 400, 'VALIDATION_ERROR');
	await refused(await update({ id: 'x' }), 400,
		'USER_ID_CANNOT_BE_UPDATED');

	const before = (await wire(admin, 'update-user', { userId: user.id,
		data: { name: 'Same' } })).json();
	const after = (await update({ password_hash: 'x', createdAt: 'x',
		updatedAt: 'x', unknown: { a: 1 } })).json();

	is(JSON.stringify(after), JSON.stringify(before), 'the user');
});

test('an update bans, lengthens, shortens and lifts', async () => {
	const admin = await person(at, 'admin_rw');
	const user = await person(at);
	const until = new Date(Date.now() + 3600000).toISOString();
	const update = async (data) => {
		const { banned, banReason, banExpires } = (await wire(admin,
			'update-user', { userId: user.id, data })).json();

		return [banned, banReason, banExpires].join();
	};

	is(await update({ banReason: 'x' }), 'false,,', 'nothing to change');
	is(await update({ banned: true }), 'true,No reason,', 'the ban');
	is(await update({ banReason: 'spam' }), 'true,spam,', 'its reason');
	is(await update({ banExpires: until }), `true,spam,${until}`,
		'its end');
	is(await update({ banExpires: null }), 'true,spam,', 'no end');
	is(await update({ banned: false }), 'false,,', 'the end');
	await user.signIn();
});

test('usernames are columns with their feature', async () => {
	const admin = await person(strict, 'admin_rw');
	const user = await person(strict);
	const username = `Name_${process.pid}`;
	const update = (data) => wire(admin, 'update-user',
		{ userId: user.id, data });
	const named = (await update({ username })).json();

	is(named.username, username.toLowerCase(), 'the name');
	is(named.displayUsername, username, 'as it is shown');
	is((await listed(admin, { filterField: 'username',
		filterValue: named.username })).total, 1, 'how many have it');
	is((await wire(admin, 'create-user', { name: 'N', email: fresh(),
		data: { username } })).json().code,
	'USERNAME_IS_ALREADY_TAKEN', 'the code of another');
	is((await update({ username: 'a b' })).status, 400,
		'the status of none');
	is((await update({ username: null })).json().username, null,
		'nothing');
});

test('the old address is told of a new one', async () => {
	const admin = await person(at, 'admin_rw');
	const user = await person(at);
	const email = fresh('New');

	await wire(admin, 'update-user', { userId: user.id,
		data: { emailVerified: true } });
	await wire(admin, 'update-user', { userId: user.id, data: { email,
		emailVerified: true } });

	const letters = (await at.letters()).filter(
		({ recipient }) => recipient === user.email);

	is(letters.at(-1).kind, 'change-email-done', 'the letter');
	user.email = email.toLowerCase();
	await user.signIn();
});

test('who is removed leaves the ledger and the audit', async () => {
	const admin = await person(at, 'admin_rw');
	const user = await person(at);
	const count = async (table, column) => (await at.psql(`SELECT count(*)
		AS n FROM ${table} WHERE ${column} = '${user.id}'`))[0].n;

	await admin.send('POST', '/api/admin/credits/grant', {
		body: JSON.stringify({ userId: user.id, amount: 5, reason: 'x' }),
		headers: { 'Content-Type': 'application/json',
			'Idempotency-Key': `a${process.pid}` } });
	is((await admin.send('DELETE', `/api/admin/users/${user.id}`)).status,
		200, 'the status');
	for (const [table, column, n] of [['users', 'id', 0],
		['accounts', 'user_id', 0], ['sessions', 'user_id', 0],
		['transfers', 'wallet_id', 1], ['wallets', 'id', 1]])
		is(await count(table, column), n, table);

	const [last] = await at.psql(`SELECT action, actor_id AS actor, before
		FROM audit WHERE target_id = '${user.id}'
		ORDER BY created_at DESC, id DESC LIMIT 1`);

	is(last.action, 'user.remove', 'the audit');
	is(last.actor, admin.id, 'the actor');
	ok(!JSON.stringify(last).includes(user.email), 'the address stays');
	is((await user.json('/api/auth/sign-in/email', { email: user.email,
		password: PASSWORD })).status, 401, 'the status of a sign-in');
});

test('on the page, who removes types the address', async () => {
	const admin = await person(at, 'admin_rw');
	const user = await person(at);
	const remove = (email) => admin.post(`/admin/users/${user.id}/remove`,
		{ email });

	for (const email of ['', 'x', `${user.email}x`])
		matches((await remove(email)).text, /not the e-mail address/,
			'the page');
	is((await remove(user.email.toUpperCase())).header('location'),
		'/admin/users', 'the place');
	is((await admin.get(`/admin/users/${user.id}`)).status, 404,
		'the status of the page');
});

test('by the wire sessions outlive a password, elsewhere they do not',
	async () => {
		const admin = await person(at, 'admin_rw');
		const user = await person(at);

		await wire(admin, 'set-user-password', { userId: user.id,
			newPassword: 'a-new-password' });
		ok(await user.session() !== null, 'the session');
		is((await user.json('/api/auth/sign-in/email', {
			email: user.email, password: 'a-new-password' }))
			.status, 200, 'the status with the new one');
		is((await user.json('/api/auth/sign-in/email', {
			email: user.email, password: PASSWORD })).status, 401,
		'the status with the old one');
		is((await admin.post(`/admin/users/${user.id}/password`,
			{ newPassword: PASSWORD })).status, 303, 'the status');
		isOut(await user.get('/api/auth/get-session'));
		is((await at.letters()).filter(({ recipient, kind }) =>
			recipient === user.email && kind ===
			'password-changed').length, 2, 'the number of letters');
	});

/* ---- bans ------------------------------------------------------------------- */

test('a ban that has run out is forgotten by the sign-in it lets in',
	async () => {
		const user = await person(at);

		await at.psql(`UPDATE users SET banned = true, ban_reason = 'x',
			ban_expires_at = now() - interval '1 s'
			WHERE id = '${user.id}'`);

		is((await user.signIn()).json().user.banned, true,
			'what the answer shows');

		const [row] = await at.psql(`SELECT banned, ban_reason AS reason,
			ban_expires_at AS until FROM users
			WHERE id = '${user.id}'`);

		is(Object.values(row).join(), 'false,,', 'the row');
	});

test('the operator words reason, length and message', async () => {
	const admin = await person(strict, 'admin_rw');
	const user = await person(strict);
	const { user: banned } = (await wire(admin, 'ban-user',
		{ userId: user.id })).json();
	const left = Date.parse(banned.banExpires) - Date.now();

	is(banned.banReason, 'House rules', 'the reason');
	ok(left > 0 && left <= 60000, `${left} ms are left`);

	const out = await user.json('/api/auth/sign-in/email', {
		email: user.email, password: PASSWORD });

	is(out.status, 403, 'the status');
	is(out.text, '{"message":"Write to us.","code":"BANNED_USER"}',
		'the answer');
});

/* ---- what an operator forbids ----------------------------------------------- */

test('roles may be listed; then there are no others', async () => {
	const admin = await person(strict, 'super_admin');
	const user = await person(strict);

	is((await user.session()).user.role, 'member', 'the role of a new user');
	for (const role of ['editor', 'admin_ro', ['editor', 'user']])
		is((await wire(admin, 'set-role', { userId: user.id, role }))
			.status, 200, `the status of ${role}`);
	for (const role of ['whatever', ['editor', 'whatever']])
		await refused(await wire(admin, 'set-role',
			{ userId: user.id, role }), 400,
		'YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE');
	is((await admin.post(`/admin/users/${user.id}/role`, { role: 'editor' }))
		.status, 303, 'the status of the page');
	is((await admin.post(`/admin/users/${user.id}/role`, { role: 'x' }))
		.status, 400, 'the status of another');
	matches((await admin.get(`/admin/users/${user.id}`)).text,
		/<option value="editor" selected>/, 'the page');
});

test('administrators may be kept from choosing passwords', async () => {
	const admin = await person(strict, 'super_admin');
	const user = await person(strict);
	const page = await admin.get(`/admin/users/${user.id}`);

	ok(!page.text.includes('newPassword'), 'the page has the field');
	ok(!(await admin.get('/admin/users/new')).text.includes(
		'name="password"'), 'the other page has it');
	await refused(await wire(admin, 'set-user-password',
		{ userId: user.id, newPassword: PASSWORD }), 403,
	'YOU_ARE_NOT_ALLOWED_TO_SET_USERS_PASSWORD');
	await refused(await wire(admin, 'create-user', { email: fresh(),
		name: 'N', password: PASSWORD }), 403,
	'YOU_ARE_NOT_ALLOWED_TO_SET_USERS_PASSWORD');
	is((await admin.post(`/admin/users/${user.id}/password`,
		{ newPassword: PASSWORD })).status, 403, 'the page');
	await user.another();
});

test('nobody gives himself role or ban', async () => {
	const user = await person(at);

	for (const body of [{ role: 'admin' }, { banReason: 'x' },
		{ banExpires: '2030-01-01T00:00:00.000Z' }]) {
		const [name] = Object.keys(body);
		const update = await user.json('/api/auth/update-user', body);

		await refused(update, 400, 'FIELD_NOT_ALLOWED');
		is(update.json().message, `${name} is not allowed to be set`,
			'the message');
		await refused(await new Person(at).json(
			'/api/auth/sign-up/email', { name: 'N', email: fresh(),
				password: PASSWORD, ...body }), 400,
		'FIELD_NOT_ALLOWED');
	}
	await refused(await user.json('/api/auth/update-user',
		{ banned: true }), 400, 'FIELD_NOT_ALLOWED');
	is((await user.session()).user.role, 'user', 'the role');
});

/* ---- what is found ---------------------------------------------------------- */

async function crowd(admin) {
	const mark = `m${process.pid}x${++serial}`;

	for (const [i, name] of ['Ada', 'ada', 'Bob_%', 'Cy'].entries())
		await wire(admin, 'create-user', { name: `${mark} ${name}`,
			email: `${mark}-${i}@example.com`, data: {
				emailVerified: i % 2 === 0, ...i === 3 && {
					banned: true, banReason: 'spam' } } });
	return mark;
}

const found = ({ users }) => users.map(({ email }) => email.split(/[-@]/)[1])
	.join('');

test('search is by address or name, with its case, without wildcards',
	async () => {
		const admin = await person(at, 'admin_ro');
		const mark = await crowd(await person(at, 'admin_rw'));
		const search = async (value, more) => found(await listed(admin, {
			searchValue: value, ...more }));
		const name = { searchField: 'name' };

		is(await search(mark), '3210', 'all of them');
		is(await search(mark.toUpperCase()), '', 'none');
		is(await search(`${mark}-1`, { searchOperator: 'starts_with' }),
			'1', 'the beginning of an address');
		is(await search('-2@example.com', { searchOperator:
			'ends_with' }).then((text) => text.includes('2')), true,
		'the end of an address');
		is(await search(`${mark} Ada`, name), '0', 'a name');
		is(await search(`${mark} a`, name), '1', 'a name in lower case');
		is(await search(`${mark} Bob_%`, name), '2', 'wildcards');
		is(await search(`${mark} ___`, name), '', 'more wildcards');
		is(await search(`${mark}%`), '', 'a wildcard alone');
	});

test('filters are by any column, with any operator', async () => {
	const admin = await person(at, 'admin_ro');
	const mark = await crowd(await person(at, 'admin_rw'));
	const filter = async (field, operator, value, more) =>
		found(await listed(admin, { searchValue: mark, ...field && {
			filterField: field }, ...operator && {
			filterOperator: operator }, filterValue: value,
		...more }));

	is(await filter(null, null, `${mark}-1@example.com`), '1', 'eq email');
	is(await filter('emailVerified', 'eq', 'true'), '20', 'a boolean');
	is(await filter('banned', 'ne', 'true'), '210', 'ne');
	is(await filter('banReason', 'contains', 'pa'), '3', 'contains');
	is(await filter('name', 'ends_with', 'Ada'), '0', 'ends_with');
	is(await filter('email', 'gte', `${mark}-2`), '32', 'gte');
	is(await filter('email', 'lt', `${mark}-2`), '10', 'lt');
	is(await filter('createdAt', 'gt', '2020-01-01T00:00:00.000Z'),
		'3210', 'an instant');
	is(await filter('createdAt', 'lte', '2020-01-01'), '', 'a date');
	for (const [field, operator, value] of [['nope', 'eq', 'x'],
		['password', 'eq', 'x'], ['fields', 'eq', 'x'],
		['emailVerified', 'eq', 'maybe'], ['createdAt', 'gt', 'soon'],
		['createdAt', 'gt', '2020-02-30'], ['banned', 'contains', 't'],
		['username', 'eq', 'x'], ["email' OR '1'='1", 'eq', 'x']])
		is(JSON.stringify(await listed(admin, { filterField: field,
			filterOperator: operator, filterValue: value })),
		'{"users":[],"total":0}', `${field} ${operator} ${value}`);
	is((await admin.get('/api/auth/admin/list-users?filterOperator=like'))
		.status, 400, 'the status of another operator');
});

test('a value sent again and again is a list', async () => {
	const admin = await person(at, 'admin_ro');
	const mark = await crowd(await person(at, 'admin_rw'));
	const among = async (operator, ...numbers) => found((await admin.get(
		`/api/auth/admin/list-users?searchValue=${mark}` +
		`&filterField=email&filterOperator=${operator}` +
		numbers.map((n) => `&filterValue=${mark}-${n}@example.com`)
			.join(''))).json());

	is(await among('in', 0, 3, 9), '30', 'in');
	is(await among('not_in', 0, 3, 9), '21', 'not_in');
	is(await among('in', 1), '1', 'one');
	is(await among('eq', 1, 2), '1', 'the first of several');
});

test('pages are disjoint, and the total is exact', async () => {
	const admin = await person(at, 'admin_ro');
	const mark = await crowd(await person(at, 'admin_rw'));
	const page = (query) => listed(admin, { searchValue: mark, ...query });

	for (const [query, users, total] of [
		[{}, '3210', 4], [{ limit: 2 }, '32', 4],
		[{ limit: 2, offset: 2 }, '10', 4],
		[{ limit: 3, offset: 3 }, '0', 4], [{ offset: 4 }, '', 4],
		[{ limit: 4 }, '3210', 4], [{ limit: 0 }, '3210', 4],
		[{ sortBy: 'email' }, '0123', 4],
		[{ sortBy: 'email', sortDirection: 'desc', limit: 1 }, '3', 4],
		[{ sortBy: 'emailVerified', sortDirection: 'asc' }, '1302', 4],
		[{ limit: -1 }, '', 0], [{ offset: -1 }, '', 0],
		[{ limit: 'x' }, '3210', 4]]) {
		const answer = await page(query);
		const what = JSON.stringify(query);

		is(found(answer), users, `the users of ${what}`);
		is(answer.total, total, `the total of ${what}`);
	}
	is((await page({ limit: 2, offset: 1 })).limit, 2, 'limit');
	ok(!('limit' in await page({})), 'limit is there');
	is((await admin.get(`/api/auth/admin/list-users?limit=${MAX + 1}`))
		.status, 400, 'the status of too many');

	const [{ n }] = await at.psql('SELECT count(*) AS n FROM users');

	is((await listed(admin, { limit: 1 })).total, Number(n),
		'the total of all');
});

test('has-permission answers for the caller, and for nobody else',
	async () => {
		const who = {};

		for (const role of ROLES)
			who[role] = await person(at, role);
		for (const [permissions, answers] of [
			[{ user: ['list'] }, [0, 1, 1, 1, 1]],
			[{ user: ['list', 'ban'] }, [0, 0, 1, 1, 1]],
			[{ user: ['ban'], session: ['revoke'] }, [0, 0, 1, 1, 1]],
			[{ user: ['impersonate-admins'] }, [0, 0, 0, 0, 1]],
			[{ user: ['ban'], nothing: ['ban'] }, [0, 0, 0, 0, 0]],
			[{ user: [] }, [1, 1, 1, 1, 1]],
			[{}, [0, 0, 0, 0, 0]]])
			for (const [i, role] of ROLES.entries()) {
				const answer = await wire(who[role],
					'has-permission', { permissions,
						role: 'super_admin',
						userId: who.super_admin.id });

				is(answer.json().success, answers[i] === 1,
					`${JSON.stringify(permissions)} as ` +
					role);
			}
		for (const [body, text] of [
			[{ permissions: { user: 'ban' } }, 'Invalid input'],
			[{ permissions: { user: [1] } }, 'Invalid input'],
			[{ permissions: [] }, 'Invalid input'],
			[{ permissions: {}, permission: {} }, 'Invalid input: ' +
				'more than one option matched']])
			is((await wire(who.user, 'has-permission', body)).json()
				.message, `[body] ${text}`, JSON.stringify(body));
	});
