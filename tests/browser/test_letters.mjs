/*
 * What people do with letters: a new password, an address proved, another one,
 * and the end of an account. Once with JavaScript, once without.
 */
import { Visitor } from './browser.mjs';
import { PASSWORD, assert, before, freshEmail, makeUser, signedIn, stand,
	test } from './suite.mjs';

const NEW = 'another battery staple, correct';
const PLAIN = { javaScriptEnabled: false };

let at;

before(async () => {
	at = await stand({ name: 'letters', config: { 'user.delete': true,
		'password.require_verification': true } });
});

/* Follows the link of the newest letter of a kind to somebody. */
async function followLetter(visitor, kind, email) {
	const letters = await at.letters();
	const letter = letters.findLast((one) => one.kind === kind &&
		one.recipient === email);

	assert.ok(letter, `no letter ${kind} to ${email}`);
	await visitor.goto(letter.url);
}

async function title(visitor) {
	return visitor.page.getByRole('heading', { level: 1 }).innerText();
}

async function done(...people) {
	for (const person of people) {
		assert.deepEqual(person.problems, []);
		await person.close();
	}
}

async function forgotten(options) {
	const user = await makeUser(at);
	const visitor = await Visitor.open(at, options);

	await visitor.goto('/login');
	await visitor.follow('Forgot your password?');
	await visitor.fill({ 'E-mail': user.email });
	await visitor.press('Send the link');
	assert.equal(await title(visitor), 'Check your e-mail');
	await followLetter(visitor, 'reset-password', user.email);
	assert.equal(visitor.path, '/reset-password');
	await visitor.sendAnything();
	await visitor.fill({ 'New password': 'short' });
	await visitor.press('Set the password');
	assert.equal(visitor.status, 400);
	await visitor.fill({ 'New password': NEW });
	await visitor.press('Set the password');
	assert.equal(visitor.path, '/login');
	await visitor.fill({ 'E-mail': user.email, Password: NEW });
	await visitor.press('Sign in');
	assert.equal(visitor.path, '/account');
	await followLetter(visitor, 'reset-password', user.email);
	assert.equal(await title(visitor), 'This link does not work any more');
	await done(visitor);
}

async function proved(options) {
	const email = freshEmail('newcomer');
	const visitor = await Visitor.open(at, options);

	await visitor.goto('/signup');
	await visitor.fill({ Name: 'Nora', 'E-mail': email,
		Password: PASSWORD });
	await visitor.press('Create account');
	assert.equal(visitor.path, '/login');
	await visitor.fill({ 'E-mail': email, Password: PASSWORD });
	await visitor.press('Sign in');
	assert.equal(visitor.status, 403, 'before the address is proved');
	await visitor.follow('Confirm your e-mail address');
	await visitor.fill({ 'E-mail': email });
	await visitor.press('Send the link');
	assert.equal(await title(visitor), 'Check your e-mail');
	await followLetter(visitor, 'verify-email', email);
	assert.equal(await title(visitor), 'Your address is confirmed');
	await visitor.signIn(email, PASSWORD);
	assert.equal(visitor.path, '/account');
	await done(visitor);
}

async function moved(options) {
	const user = await makeUser(at);
	const email = freshEmail('moved');
	const visitor = await signedIn(at, user, options);

	await visitor.follow('Change e-mail address');
	await visitor.fill({ 'New address': email,
		'Your password': PASSWORD });
	await visitor.press('Change address');
	assert.equal(visitor.path, '/account');
	await followLetter(visitor, 'change-email-confirmation', user.email);
	assert.equal(await title(visitor), 'One more step');
	await followLetter(visitor, 'verify-email', email);
	assert.equal(await title(visitor), 'Your address is changed');
	await visitor.follow('Go to my account');
	assert.match(await visitor.text(), new RegExp(email));
	await done(visitor);
}

async function left(options) {
	const user = await makeUser(at);
	const visitor = await signedIn(at, user, options);

	await visitor.follow('Delete my account…');
	await visitor.fill({ [`Type ${user.email} to confirm`]:
		'somebody@example.com', 'Your password': PASSWORD });
	await visitor.press('Delete my account');
	assert.equal(visitor.status, 400, 'with another address');
	await visitor.fill({ [`Type ${user.email} to confirm`]: user.email,
		'Your password': PASSWORD });
	await visitor.press('Delete my account');
	assert.equal(visitor.path, '/login');
	await visitor.fill({ 'E-mail': user.email, Password: PASSWORD });
	await visitor.press('Sign in');
	assert.equal(visitor.status, 401, 'afterwards');
	await done(visitor);
}

for (const [what, journey] of [
	['who has forgotten a password gets in again', forgotten],
	['a newcomer proves an address before anything else', proved],
	['a person moves to another address', moved],
	['a person leaves for good', left],
]) {
	test(what, () => journey({}));
	test(`${what}, without JavaScript`, () => journey(PLAIN));
}
