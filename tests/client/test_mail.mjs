/* What goes by letter: forgotten passwords, addresses, the end of an account. */
import { after, before, eventually, is, matches, ok, PASSWORD, test }
	from '../http/suite.mjs';
import { App, person, tokenOf } from './app.mjs';
import { startSite } from './site.mjs';

let site;

before(async () => {
	site = await startSite();
});

after(() => site?.stop());

/* The token in a letter that is on its way. */
async function arrived(app, kind, to) {
	const { url } = await eventually(`a letter ${kind} for ${to ??
		app.email}`, () => app.letter(kind, to));

	return { url, token: tokenOf(url) };
}

async function forgotten(app) {
	const { message } = await app.yes('requestPasswordReset', {
		email: app.email, redirectTo: '/reset' });

	matches(message, /^If this email exists/, 'the message');
	return arrived(app, 'reset-password');
}

test('a forgotten password is set anew', async () => {
	const app = await person(site);
	const { url, token } = await forgotten(app);
	const page = await app.browser.get(url.slice(site.url.length));

	is(page.status, 302, 'the status of the link');
	is(page.header('location'), `${site.url}/reset?token=${token}`,
		'where it leads');
	await app.no(400, 'PASSWORD_TOO_SHORT', 'resetPassword', {
		newPassword: 'short', token });
	is((await app.yes('resetPassword', { newPassword: 'a new password',
		token })).status, true, 'status');
	await app.no(400, 'INVALID_TOKEN', 'resetPassword', {
		newPassword: 'a third password', token });
	await app.no(400, 'INVALID_TOKEN', 'resetPassword', {
		newPassword: 'a third password', token: 'x'.repeat(24) });
	await app.yes('signOut');
	await app.no(401, 'INVALID_EMAIL_OR_PASSWORD', 'signIn.email',
		{ email: app.email, password: PASSWORD });
	await app.signIn({ password: 'a new password' });
});

test('nobody learns from a reset who has an account', async () => {
	const app = new App(site);
	const { message } = await app.yes('requestPasswordReset',
		{ email: 'nobody@example.com' });

	matches(message, /^If this email exists/, 'the message');
	is(await app.letter('reset-password', 'nobody@example.com'), undefined,
		'the letter');
	await app.no(403, 'INVALID_REDIRECT_URL', 'requestPasswordReset', {
		email: 'nobody@example.com',
		redirectTo: 'https://elsewhere.example' });
	await app.no(400, 'VALIDATION_ERROR', 'requestPasswordReset',
		{ email: 'nonsense' });
});

test('an address is verified', async () => {
	const app = await person(site);

	is((await app.yes('sendVerificationEmail', { email: app.email,
		callbackURL: '/' })).status, true, 'status');

	const { token } = await arrived(app, 'verify-email');
	const other = new App(site);

	is((await other.yes('verifyEmail', { query: { token } })).status, true,
		'the status of the link');
	is((await app.session()).user.emailVerified, true, 'emailVerified');
	await app.no(400, 'EMAIL_ALREADY_VERIFIED', 'sendVerificationEmail',
		{ email: app.email });
	await app.no(401, 'INVALID_TOKEN', 'verifyEmail',
		{ query: { token: 'nonsense' } });
	await (await person(site)).no(400, 'EMAIL_MISMATCH',
		'sendVerificationEmail', { email: app.email });
});

/* A verified address, without the way there. */
async function verified() {
	const app = await person(site);

	await site.set(app.id, 'email_verified', 'true');
	return app;
}

test('an address changes with the consent of both', async () => {
	const app = await verified(), next = `new.${app.email}`;

	is((await app.yes('changeEmail', { newEmail: next })).status, true,
		'status');

	const first = await arrived(app, 'change-email-confirmation');

	await app.yes('verifyEmail', { query: { token: first.token } });
	is((await app.session()).user.email, app.email, 'the address so far');

	const second = await arrived(app, 'verify-email', next);

	await app.yes('verifyEmail', { query: { token: second.token } });

	const { user } = await app.session();

	is(user.email, next, 'the address');
	is(user.emailVerified, true, 'emailVerified');
	await app.no(400, undefined, 'changeEmail', { newEmail: next });
	await new App(site).no(401, 'UNAUTHORIZED', 'changeEmail',
		{ newEmail: next });
});

test('an account ends after a letter', async () => {
	const app = await person(site), other = await person(site);

	await app.no(400, 'INVALID_PASSWORD', 'deleteUser',
		{ password: 'something else' });
	is((await app.yes('deleteUser', { password: PASSWORD })).message,
		'Verification email sent', 'the message');

	const { token } = await arrived(app, 'delete-account');

	await new App(site).no(404, 'FAILED_TO_GET_USER_INFO', '$fetch',
		`/delete-user/callback?token=${token}`);
	await other.no(404, 'INVALID_TOKEN', '$fetch',
		'/delete-user/callback?token=nonsense');
	is((await app.yes('$fetch', `/delete-user/callback?token=${token}`))
		.message, 'User deleted', 'the message');
	is(await app.session(), null, 'the session');
	await app.no(401, 'INVALID_EMAIL_OR_PASSWORD', 'signIn.email',
		{ email: app.email, password: PASSWORD });
	ok(await other.session() !== null, 'another account is gone, too');
});

test('a password is asked for and compared', async () => {
	const app = await person(site);

	is((await app.yes('verifyPassword', { password: PASSWORD })).status,
		true, 'status');
	await app.no(400, 'INVALID_PASSWORD', 'verifyPassword',
		{ password: 'something else' });
	await new App(site).no(401, 'UNAUTHORIZED', 'verifyPassword',
		{ password: PASSWORD });
});
