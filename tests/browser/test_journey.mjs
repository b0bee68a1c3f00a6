/*
 * The way of the first customer: sign up, out and in, be given credits, look
 * at them. Once with JavaScript, once without.
 */
import { Visitor } from './browser.mjs';
import { PASSWORD, assert, before, freshEmail, makeUser, signedIn, stand,
	test } from './suite.mjs';

let at, admin;

before(async () => {
	at = await stand({ name: 'journey' });
	admin = await makeUser(at, 'admin_rw', 'Ada Admin');
});

/* The rows of the page's table, as text. */
async function rows(visitor) {
	return (await visitor.page.locator('tbody tr').allInnerTexts())
		.map((text) => text.replace(/\s+/g, ' ').trim());
}

async function signUp(visitor, name, email) {
	await visitor.goto('/');
	assert.equal(visitor.path, '/login');
	await visitor.follow('Create an account');
	await visitor.fill({ Name: name, 'E-mail': email,
		Password: PASSWORD });
	await visitor.press('Create account');
	assert.equal(visitor.path, '/account');
	assert.match(await visitor.text(), new RegExp(email));
	assert.equal(await visitor.page.getByLabel('Name').inputValue(), name);
}

async function outAndIn(visitor, name, email) {
	await visitor.press('Sign out');
	assert.equal(visitor.path, '/login');
	await visitor.goto('/account/security');
	assert.equal(visitor.path, '/login', 'signed out means out');
	await visitor.fill({ 'E-mail': email, Password: PASSWORD });
	await visitor.press('Sign in');
	assert.equal(visitor.path, '/account/security',
		'back to where one wanted to go');
	assert.match(await visitor.page.locator('.me').innerText(),
		new RegExp(name));
}

async function find(visitor, name, email) {
	await visitor.follow('Admin');
	await visitor.follow('Users');
	await visitor.fill({ Search: email });
	await visitor.press('Filter');

	const found = await rows(visitor);

	assert.equal(found.length, 1);
	assert.match(found[0], new RegExp(`${name} ${email}`));
	await visitor.follow(name);
}

async function change(visitor, what, fields) {
	const part = visitor.page.locator('details', { hasText: `${what}…` });

	await part.locator('summary').click();
	await visitor.fill(fields, part);
	await visitor.press(what, { within: part });
	assert.equal(visitor.status, 200);
	await visitor.page.getByRole('status').waitFor();
}

async function giveCredits(visitor, name, email) {
	await find(visitor, name, email);
	await change(visitor, 'Grant credits', { 'Credits to add': '500',
		Reason: 'Welcome gift' });
	assert.match(await visitor.text(), /\b500 credits/);
	await change(visitor, 'Adjust balance', { Correction: '-120',
		Reason: 'Charged twice' });
	assert.match(await visitor.text(), /\b380 credits/);
}

async function seeOwnCredits(visitor) {
	await visitor.goto('/account');
	assert.match(await visitor.text(), /\b380 credits/);
	await visitor.follow('Credits');
	assert.match(await visitor.text(), /\b380 credits/);

	const entries = await rows(visitor);

	assert.equal(entries.length, 2);
	assert.match(entries[0], /^Charged twice.* -120 380$/);
	assert.match(entries[1], /^Welcome gift.* \+500 500$/);
}

async function seeLedger(visitor, email) {
	await visitor.follow('Credits');
	await visitor.fill({ User: email });
	await visitor.press('Filter');

	const entries = await rows(visitor);

	assert.equal(entries.length, 2);
	assert.match(entries[0], new RegExp(
		`${email} .*Charged twice ${admin.name} -120 380$`));
	assert.match(entries[1], new RegExp(
		`${email} .*Welcome gift ${admin.name} \\+500 500$`));
}

async function journey(options, name) {
	const email = freshEmail('newcomer');
	const visitor = await Visitor.open(at, options);
	const boss = await signedIn(at, admin, options);

	await signUp(visitor, name, email);
	await outAndIn(visitor, name, email);
	await giveCredits(boss, name, email);
	await seeOwnCredits(visitor);
	await seeLedger(boss, email);
	for (const person of [visitor, boss]) {
		assert.deepEqual(person.problems, []);
		await person.close();
	}
}

test('a newcomer gets credits and sees them', () =>
	journey({}, 'Nora Newcomer'));
test('a newcomer without JavaScript does the same', () =>
	journey({ javaScriptEnabled: false }, 'Piet Plain'));
