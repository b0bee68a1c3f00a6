/* What an administrator's app does with other people's accounts. */
import { after, before, is, ok, PASSWORD, test } from '../http/suite.mjs';
import { App, person } from './app.mjs';
import { startSite } from './site.mjs';

let site, admin;

before(async () => {
	site = await startSite();
	admin = await person(site);
	await site.set(admin.id, 'role', 'admin');
});

after(() => site?.stop());

test('a user is made, and signs in', async () => {
	const app = new App(site);
	const { user } = await admin.yes('admin.createUser', {
		email: app.email, password: PASSWORD, name: 'Made', role: 'user',
		data: { plan: 'gold' } });

	is(user.email, app.email, 'the address');
	is(user.role, 'user', 'the role');
	is(user.plan, 'gold', 'a further field');
	await app.signIn();
	await admin.no(400, 'USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL',
		'admin.createUser', { email: app.email, password: PASSWORD,
			name: 'Made' });
});

test('users are found', async () => {
	const app = await person(site);
	const found = await admin.yes('admin.listUsers', { query: {
		searchValue: app.email, searchField: 'email',
		searchOperator: 'contains', limit: 5, offset: 0 } });
	const page = await admin.yes('admin.listUsers', { query: { limit: 1,
		sortBy: 'createdAt', sortDirection: 'desc' } });
	const filtered = await admin.yes('admin.listUsers', { query: {
		filterField: 'role', filterOperator: 'eq',
		filterValue: 'admin' } });

	is(found.total, 1, 'the total');
	is(found.users[0].id, app.id, 'who was found');
	is(page.users.length, 1, 'the length of a page');
	is(page.users[0].id, app.id, 'the newest');
	is(filtered.users.every(({ role }) => role === 'admin'), true,
		'whether all found are administrators');
	is((await admin.yes('admin.getUser', { query: { id: app.id } })).email,
		app.email, 'the user');
	await admin.no(404, 'USER_NOT_FOUND', 'admin.getUser',
		{ query: { id: 'nobody' } });
});

test('a user is changed', async () => {
	const app = await person(site);
	const user = await admin.yes('admin.updateUser', { userId: app.id,
		data: { name: 'Renamed', seats: 4 } });

	is(user.name, 'Renamed', 'the name');
	is((await app.session()).user.seats, 4, 'a further field');
	await admin.no(404, 'USER_NOT_FOUND', 'admin.updateUser',
		{ userId: 'nobody', data: { name: 'X' } });
	await admin.no(400, 'NO_DATA_TO_UPDATE', 'admin.updateUser',
		{ userId: app.id, data: {} });
});

test('a role counts from the next request on', async () => {
	const app = await person(site);

	await app.no(403, 'YOU_ARE_NOT_ALLOWED_TO_LIST_USERS',
		'admin.listUsers', { query: {} });
	is((await admin.yes('admin.setRole', { userId: app.id,
		role: 'admin' })).user.role, 'admin', 'the role');
	await app.yes('admin.listUsers', { query: {} });
	await admin.yes('admin.setRole', { userId: app.id, role: 'user' });
	await app.no(403, 'YOU_ARE_NOT_ALLOWED_TO_LIST_USERS',
		'admin.listUsers', { query: {} });
	await app.no(403, 'YOU_ARE_NOT_ALLOWED_TO_CHANGE_USERS_ROLE',
		'admin.setRole', { userId: app.id, role: 'admin' });
});

test('permissions are told', async () => {
	const app = await person(site);
	const ask = (who, permissions) => who.yes('admin.hasPermission',
		{ permissions });

	is((await ask(admin, { user: ['list', 'ban'] })).success, true,
		'what an administrator may');
	is((await ask(app, { user: ['list'] })).success, false,
		'what a user may');
	is(admin.client.admin.checkRolePermission({ role: 'user',
		permissions: { user: ['list'] } }), false, 'the client\'s own');
});

test('a banned user is out at once, and in again', async () => {
	const app = await person(site);
	const { user } = await admin.yes('admin.banUser', { userId: app.id,
		banReason: 'Spam', banExpiresIn: 3600 });

	is(user.banned, true, 'banned');
	is(user.banReason, 'Spam', 'the reason');
	ok(user.banExpires instanceof Date, 'banExpires is no Date');
	is(await app.session(), null, 'the session');
	await app.no(403, 'BANNED_USER', 'signIn.email', { email: app.email,
		password: PASSWORD });
	is((await admin.yes('admin.unbanUser', { userId: app.id })).user.banned,
		false, 'banned afterwards');
	await app.signIn();
	await admin.no(400, 'YOU_CANNOT_BAN_YOURSELF', 'admin.banUser',
		{ userId: admin.id });
	await app.no(403, 'YOU_ARE_NOT_ALLOWED_TO_BAN_USERS', 'admin.banUser',
		{ userId: admin.id });
});

test('sessions of a user are listed and ended', async () => {
	const app = await person(site), other = await app.another();
	const { sessions } = await admin.yes('admin.listUserSessions',
		{ userId: app.id });
	const own = (await app.session()).session;

	is(sessions.length, 2, 'the number of sessions');
	await admin.yes('admin.revokeUserSession', { sessionToken:
		sessions.find(({ id }) => id !== own.id).token });
	is(await other.session(), null, 'the session that was ended');
	ok(await app.session() !== null, 'the other one is gone');
	await admin.yes('admin.revokeUserSessions', { userId: app.id });
	is(await app.session(), null, 'the last one');
});

test('an administrator acts as somebody, and stops', async () => {
	const app = await person(site), as = await admin.another();
	const { user } = await as.yes('admin.impersonateUser',
		{ userId: app.id });

	is(user.id, app.id, 'whom');

	const { session } = await as.session();

	is(session.userId, app.id, 'the user of the session');
	is(session.impersonatedBy, admin.id, 'who acts');
	is((await app.yes('listSessions')).length, 1,
		'the sessions the user sees');
	await as.no(403, 'YOU_ARE_NOT_ALLOWED_TO_LIST_USERS',
		'admin.listUsers', { query: {} });
	await as.yes('admin.stopImpersonating');
	is((await as.session()).user.id, admin.id, 'who is back');
	await as.no(400, undefined, 'admin.stopImpersonating');
	await as.no(404, 'USER_NOT_FOUND', 'admin.impersonateUser',
		{ userId: 'nobody' });
	await as.no(403, 'YOU_CANNOT_IMPERSONATE_ADMINS',
		'admin.impersonateUser', { userId: admin.id });
});

test('a password is set for somebody', async () => {
	const app = await person(site);

	await admin.yes('admin.setUserPassword', { userId: app.id,
		newPassword: 'set by an admin' });
	await admin.no(400, 'PASSWORD_TOO_SHORT', 'admin.setUserPassword',
		{ userId: app.id, newPassword: 'short' });
	await app.yes('signOut');
	await app.no(401, 'INVALID_EMAIL_OR_PASSWORD', 'signIn.email',
		{ email: app.email, password: PASSWORD });
	await app.signIn({ password: 'set by an admin' });
});

test('a user is removed', async () => {
	const app = await person(site);

	await admin.yes('admin.removeUser', { userId: app.id });
	is(await app.session(), null, 'the session');
	await admin.no(404, 'USER_NOT_FOUND', 'admin.removeUser',
		{ userId: app.id });
	await admin.no(400, 'YOU_CANNOT_REMOVE_YOURSELF', 'admin.removeUser',
		{ userId: admin.id });
});

test('nobody gets an empty answer', async () => {
	for (const [name, input] of [['listUsers', { query: {} }],
		['banUser', { userId: 'x' }], ['setRole', { userId: 'x',
			role: 'user' }], ['removeUser', { userId: 'x' }]])
		is((await new App(site).do(`admin.${name}`, input)).error.status,
			401, `the status of ${name}`);
});
