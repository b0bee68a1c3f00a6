/*
 * An administrator's day: make an account, see what its user sees, ban, set a
 * password, remove. Once with JavaScript, once without.
 */
import { Visitor } from './browser.mjs';
import { PASSWORD, assert, before, freshEmail, makeUser, signedIn, stand,
	test } from './suite.mjs';

const CHOSEN = 'chosen by nobody else';
let at, admin;

before(async () => {
	at = await stand({ name: 'admin' });
	admin = await makeUser(at, 'admin_rw', 'Ada Admin');
});

async function opened(boss, what) {
	const part = boss.page.locator('details', { hasText: `${what}…` });

	await part.locator('summary').click();
	return part;
}

/* Sends one of the forms that open on a user's page. */
async function act(boss, what, fields, button) {
	const part = await opened(boss, what);

	await boss.fill(fields, part);
	await boss.press(button, { within: part });
}

async function said(boss, words) {
	assert.match(await boss.page.getByRole('status').innerText(), words);
}

async function create(boss, name, email) {
	await boss.goto('/admin');
	await boss.follow('Users');
	await boss.follow('New user');
	await boss.fill({ Name: name, 'E-mail': email });
	await boss.press('Create user');
	assert.match(boss.path, /^\/admin\/users\/[0-9a-f]{32}$/);
	await said(boss, /account is created/);
	assert.match(await boss.text(), new RegExp(name));
}

/* The user follows the link of the letter and signs in. */
async function choose(visitor, email) {
	const letter = (await at.letters()).findLast(
		({ recipient }) => recipient === email);

	await visitor.goto(letter.url);
	assert.equal(visitor.path, '/reset-password');
	await visitor.page.getByLabel('New password', { exact: true })
		.fill(CHOSEN);
	await visitor.page.locator('main form button:not([type="button"])')
		.first().click();
	await visitor.page.waitForURL('**/login');
	await visitor.fill({ 'E-mail': email, Password: CHOSEN });
	await visitor.press('Sign in');
	assert.equal(visitor.path, '/account');
}

async function actAs(boss, name, email) {
	const from = boss.path;

	await act(boss, 'Act as this user', { Reason: 'Ticket 17' },
		`Act as ${name}`);
	assert.equal(boss.path, '/account');
	for (const path of ['/account', '/account/security']) {
		await boss.goto(path);

		const banner = boss.page.getByRole('region',
			{ name: 'Impersonation' });

		assert.match(await banner.innerText(),
			new RegExp(`You are acting as ${name} \\(${email}\\)`));
	}
	await boss.goto('/admin');
	assert.equal(boss.status, 403, 'who acts as a user is no admin');
	await boss.press('Stop acting');
	assert.equal(boss.path, from, 'back on the page it began on');
	assert.match(await boss.text(), /impersonation.start.*Ticket 17/s);
}

async function ban(boss, visitor, name, email) {
	await act(boss, 'Ban this user', { Reason: 'Spam', 'Days optional': '3' },
		`Ban ${name}`);
	await said(boss, /banned and signed out/);
	assert.match(await boss.text(), /Banned until .*Reason: Spam/s);
	await visitor.goto('/account');
	assert.equal(visitor.path, '/login', 'banned means out');
	await visitor.fill({ 'E-mail': email, Password: CHOSEN });
	await visitor.press('Sign in');
	assert.match(await visitor.text(), /You have been banned/);
	await boss.press('Lift the ban');
	await said(boss, /ban is lifted/);
}

async function setPassword(boss, visitor, email) {
	await act(boss, 'Set a password', { 'New password': PASSWORD },
		'Set password');
	await said(boss, /password is set/);
	await visitor.signIn(email, PASSWORD);
	assert.equal(visitor.path, '/account');
}

async function remove(boss, visitor, name, email) {
	await act(boss, 'Remove this user', {
		[`Type ${email} to confirm`]: 'somebody@example.com' },
	`Remove ${name}`);
	assert.equal(boss.status, 400, 'the address is not his');
	assert.match(await boss.text(), /not the e-mail address of this user/);
	await boss.page.getByLabel(`Type ${email} to confirm`).fill(email);
	await boss.press(`Remove ${name}`);
	assert.equal(boss.path, '/admin/users');
	await said(boss, new RegExp(`The account of ${email} is gone`));
	await visitor.goto('/account');
	assert.equal(visitor.path, '/login', 'gone means out');
}

async function day(options, name) {
	const email = freshEmail('made');
	const boss = await signedIn(at, admin, options);
	const visitor = await Visitor.open(at, options);

	await create(boss, name, email);
	await choose(visitor, email);
	await boss.page.reload();
	await actAs(boss, name, email);
	await ban(boss, visitor, name, email);
	await setPassword(boss, visitor, email);
	await remove(boss, visitor, name, email);
	for (const person of [visitor, boss]) {
		assert.deepEqual(person.problems, []);
		await person.close();
	}
}

test('an account is made, entered, banned and removed', () =>
	day({}, 'Nora Newcomer'));
test('without JavaScript it is the same', () =>
	day({ javaScriptEnabled: false }, 'Piet Plain'));
