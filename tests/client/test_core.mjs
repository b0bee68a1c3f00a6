/* Sign-up, sign-in, sessions, profile and password. */
import { after, before, eventually, is, ok, PASSWORD, test }
	from '../http/suite.mjs';
import { App, person } from './app.mjs';
import { startSite } from './site.mjs';

let site;

before(async () => {
	site = await startSite();
});

after(() => site?.stop());

test('signing up signs in', async () => {
	const app = new App(site);
	const { user, token } = await app.yes('signUp.email', {
		email: app.email, password: PASSWORD, name: 'Ada', plan: 'gold' });
	const { session } = await app.session();

	is(user.email, app.email, 'the address');
	is(user.emailVerified, false, 'whether it is verified');
	is(user.plan, 'gold', 'a further field');
	ok(user.createdAt instanceof Date, 'createdAt is no Date');
	is(session.token, token, 'the token');
	ok(session.expiresAt instanceof Date, 'expiresAt is no Date');
});

test('what is wrong with a sign-up is told', async () => {
	const app = await person(site);

	await app.no(422, 'USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL',
		'signUp.email', { email: app.email, password: PASSWORD,
			name: 'B' });
	await app.no(400, 'PASSWORD_TOO_SHORT', 'signUp.email', {
		email: 'short@example.com', password: 'short', name: 'B' });
	await app.no(400, 'VALIDATION_ERROR', 'signUp.email', {
		email: 'nonsense', password: PASSWORD, name: 'B' });
	await app.no(400, 'VALIDATION_ERROR', 'signUp.email', {
		email: 'b@example.com', password: PASSWORD });
});

test('signing in and out', async () => {
	const app = await person(site);

	is((await app.yes('signOut')).success, true, 'success');
	is(await app.session(), null, 'the session after signing out');
	await app.no(401, 'INVALID_EMAIL_OR_PASSWORD', 'signIn.email', {
		email: app.email, password: 'something else' });
	await app.no(401, 'INVALID_EMAIL_OR_PASSWORD', 'signIn.email', {
		email: 'nobody@example.com', password: PASSWORD });
	await app.no(400, 'INVALID_EMAIL', 'signIn.email', {
		email: 'nonsense', password: PASSWORD });

	const answer = await app.signIn();

	is(answer.redirect, false, 'redirect');
	is(answer.user.id, app.id, 'the user');
	is((await app.session()).session.token, answer.token, 'the token');
});

test('a session that is not remembered ends with the browser', async () => {
	const app = await person(site);

	await app.yes('signOut');
	await app.signIn({ rememberMe: false });
	ok(await app.session() !== null, 'there is no session');
	app.browser.jar.close();
	is(await app.session(), null, 'the session in the next browser');
});

test('the session store of the client follows', async () => {
	const app = new App(site);
	const seen = [];
	const stop = app.client.useSession.subscribe((value) =>
		seen.push(value.data?.user?.email ?? null));

	await app.signUp();
	app.client.useSession.get().refetch();
	await eventually('the store knows the user', () =>
		seen.at(-1) === app.email);
	await app.yes('signOut');
	app.client.useSession.get().refetch();
	await eventually('the store knows of the end', () =>
		seen.at(-1) === null);
	stop();
});

test('a redirect that was asked for is told', async () => {
	const app = await person(site);
	const answer = await app.signIn({ callbackURL: '/inside' });

	is(answer.redirect, true, 'redirect');
	is(answer.url, '/inside', 'url');
	await app.no(403, 'INVALID_CALLBACK_URL', 'signIn.email', {
		email: app.email, password: PASSWORD,
		callbackURL: 'https://elsewhere.example' });
});

test('sessions are listed and ended one by one', async () => {
	const app = await person(site), other = await app.another();
	const sessions = await app.yes('listSessions');
	const own = (await app.session()).session;
	const theirs = sessions.find(({ id }) => id !== own.id);

	is(sessions.length, 2, 'the number of sessions');
	is(sessions.find(({ id }) => id === own.id).token, own.token,
		'the own token in the list');
	is((await app.yes('revokeSession', { token: theirs.token })).status,
		true, 'status');
	is(await other.session(), null, 'the session that was ended');
	is((await app.yes('listSessions')).length, 1, 'the sessions left');
	is((await app.yes('revokeSession', { token: 'unknown' })).status, true,
		'the status of an unknown one');
});

test('all other sessions end at once, then all', async () => {
	const app = await person(site);
	const others = [await app.another(), await app.another()];

	await app.yes('revokeOtherSessions');
	for (const other of others)
		is(await other.session(), null, 'another session');
	ok(await app.session() !== null, 'the own session is gone');
	await app.yes('revokeSessions');
	is(await app.session(), null, 'the own session');
	await app.no(401, 'UNAUTHORIZED', 'listSessions');
});

test('the profile changes', async () => {
	const app = await person(site);

	is((await app.yes('updateUser', { name: 'Grace',
		image: 'https://example.com/g.png', seats: 3 })).status, true,
	'status');

	const { user } = await app.session();

	is(user.name, 'Grace', 'the name');
	is(user.image, 'https://example.com/g.png', 'the image');
	is(user.seats, 3, 'a further field');
	await app.no(400, 'EMAIL_CAN_NOT_BE_UPDATED', 'updateUser',
		{ email: 'x@example.com' });
	await app.no(400, undefined, 'updateUser', { nothing: true });
	await new App(site).no(401, 'UNAUTHORIZED', 'updateUser',
		{ name: 'Nobody' });
});

test('the session has further fields', async () => {
	const app = await person(site);

	is((await app.yes('updateSession', { theme: 'dark' })).session.theme,
		'dark', 'the answer');
	is((await app.session()).session.theme, 'dark', 'the session');
	await app.no(400, undefined, 'updateSession', { userId: 'x' });
});

test('the password changes', async () => {
	const app = await person(site), other = await app.another();

	await app.no(400, 'INVALID_PASSWORD', 'changePassword', {
		currentPassword: 'something else', newPassword: 'another one' });
	await app.no(400, 'PASSWORD_TOO_SHORT', 'changePassword', {
		currentPassword: PASSWORD, newPassword: 'short' });

	const { token } = await app.yes('changePassword', {
		currentPassword: PASSWORD, newPassword: 'another password',
		revokeOtherSessions: true });

	is((await app.session()).session.token, token, 'the new token');
	is(await other.session(), null, 'the other session');
	await app.yes('signOut');
	await app.no(401, 'INVALID_EMAIL_OR_PASSWORD', 'signIn.email',
		{ email: app.email, password: PASSWORD });
	await app.signIn({ password: 'another password' });
});

test('the ways to sign in are listed', async () => {
	const app = await person(site);
	const [account, ...rest] = await app.yes('listAccounts');

	is(rest.length, 0, 'the number of further accounts');
	is(account.providerId, 'credential', 'the provider');
	is(account.accountId, app.id, 'the subject');
	await app.no(400, 'FAILED_TO_UNLINK_LAST_ACCOUNT', 'unlinkAccount',
		{ accountId: account.id });
	await app.no(404, 'PROVIDER_NOT_FOUND', 'signIn.social',
		{ provider: 'github' });
	await new App(site).no(401, 'UNAUTHORIZED', 'listAccounts');
});

test('a username signs in', async () => {
	const app = new App(site), name = `Name_${process.pid}`;

	is((await app.yes('isUsernameAvailable', { username: name })).available,
		true, 'whether it is free');
	await app.signUp({ username: name });
	is((await app.yes('isUsernameAvailable', { username: name })).available,
		false, 'whether it still is');

	const { user } = await app.session();

	is(user.username, name.toLowerCase(), 'the username');
	is(user.displayUsername, name, 'as it is shown');
	await app.yes('signOut');
	is((await app.yes('signIn.username', { username: name.toUpperCase(),
		password: PASSWORD })).user.id, app.id, 'who signed in');
	await app.no(401, 'INVALID_USERNAME_OR_PASSWORD', 'signIn.username', {
		username: name, password: 'something else' });
	await app.yes('updateUser', { username: `${name}.2` });
	is((await app.session()).user.username, `${name.toLowerCase()}.2`,
		'another username');
	await new App(site).no(400, 'USERNAME_IS_ALREADY_TAKEN',
		'signUp.email', { email: 'twin@example.com', password: PASSWORD,
			name: 'T', username: `${name}.2` });
	await app.no(422, 'USERNAME_TOO_SHORT', 'signIn.username', {
		username: 'ab', password: PASSWORD });
});

test('health and errors have a place', async () => {
	const app = new App(site);

	is((await app.yes('$fetch', '/ok')).ok, true, 'ok');
	is((await app.do('$fetch', '/nothing')).error.status, 404,
		'the status of nothing');
});
