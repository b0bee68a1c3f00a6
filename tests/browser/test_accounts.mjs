/*
 * Several accounts in one browser, a name to sign in by, a key for a program.
 * Once with JavaScript, once without.
 */
import { Visitor } from './browser.mjs';
import { request } from '../lib/http.mjs';
import { PASSWORD, assert, before, freshEmail, makeUser, signedIn, stand,
	test } from './suite.mjs';

let at;

before(async () => {
	at = await stand({ name: 'accounts', config: { 'username.enabled': true,
		'multi_session.enabled': true, 'api_key.enabled': true } });
});

/* ---- several accounts ------------------------------------------------------- */

async function acting(visitor) {
	await visitor.goto('/account');
	return visitor.page.locator('.me .who-email').innerText();
}

/* Presses one of the menu's buttons, which is folded away. */
async function inMenu(visitor, name) {
	const menu = visitor.page.locator('details.switch');

	await menu.locator('summary').click();
	await visitor.press(name, { within: menu });
	assert.equal(visitor.status, 200);
}

async function severalAccounts(options) {
	const work = await makeUser(at, 'user', 'Wanda Work');
	const home = await makeUser(at, 'user', 'Wanda Home');
	const visitor = await signedIn(at, work, options);

	await visitor.follow('Add account');
	assert.match(await visitor.text(), new RegExp(
		`${work.email} stays signed in`));
	await visitor.fill({ 'E-mail or username': home.email,
		Password: PASSWORD });
	await visitor.press('Sign in');
	assert.equal(await acting(visitor), home.email);
	await inMenu(visitor, `Switch to ${work.name} ${work.email}`);
	assert.match(await visitor.text(), new RegExp(
		`You are now signed in as ${work.email}`));
	assert.equal(await acting(visitor), work.email);
	await inMenu(visitor, `Sign out ${home.email}`);
	assert.equal(await visitor.page.locator('details.switch').count(), 0);
	assert.equal(await acting(visitor), work.email);
	await visitor.press('Sign out');
	assert.equal(visitor.path, '/login');
	assert.deepEqual(visitor.problems, []);
	await visitor.close();
}

test('somebody with two accounts changes from one to the other', () =>
	severalAccounts({}));
test('somebody with two accounts does so without JavaScript', () =>
	severalAccounts({ javaScriptEnabled: false }));

/* ---- a username ------------------------------------------------------------- */

test('somebody chooses a username and signs in by it', async () => {
	const visitor = await Visitor.open(at);

	await visitor.goto('/signup');
	await visitor.fill({ Name: 'Una Name', 'E-mail': freshEmail('una'),
		'Username optional': 'Una.Name', Password: PASSWORD });
	await visitor.press('Create account');
	assert.equal(visitor.path, '/account');
	await visitor.press('Sign out');
	await visitor.fill({ 'E-mail or username': 'una.name',
		Password: PASSWORD });
	await visitor.press('Sign in');
	assert.equal(visitor.path, '/account');
	assert.equal(await visitor.page.getByLabel('Username optional')
		.inputValue(), 'Una.Name');
	assert.deepEqual(visitor.problems, []);
	await visitor.close();
});

/* ---- a key ------------------------------------------------------------------ */

const call = async (key) => (await request(at.url, { method: 'GET',
	path: '/api/me', headers: [['x-api-key', key]] })).status;

async function keyForAProgram(options) {
	const visitor = await signedIn(at, await makeUser(at), options);

	await visitor.follow('API keys');
	await visitor.fill({ Name: 'Night job' });
	await visitor.page.getByLabel('See your profile and your credits')
		.check();
	await visitor.press('Create key');

	const key = await visitor.page.getByLabel('Key', { exact: true })
		.inputValue();

	assert.equal(await call(key), 200);
	await visitor.goto('/account/keys');
	assert.ok(!(await visitor.page.content()).includes(key),
		'it is shown once');
	assert.match(await visitor.text(), /Night job[^]*Last used/);
	await visitor.page.locator('main details summary').click();
	await visitor.press('Yes, revoke it');
	assert.match(await visitor.text(), /You have no keys/);
	assert.equal(await call(key), 401);
	assert.deepEqual(visitor.problems, []);
	await visitor.close();
}

test('somebody makes a key for a program and revokes it', () =>
	keyForAProgram({}));
test('somebody makes a key without JavaScript', () =>
	keyForAProgram({ javaScriptEnabled: false }));

test('a new key is copied by its button', async () => {
	const visitor = await signedIn(at, await makeUser(at), {
		permissions: ['clipboard-read', 'clipboard-write'] });

	await visitor.goto('/account/keys');
	await visitor.fill({ Name: 'To copy' });
	await visitor.press('Create key');
	await visitor.page.getByRole('button', { name: 'Copy' }).click();
	await visitor.page.getByRole('button', { name: /Copied|Selected/ })
		.waitFor();

	const [whole, key] = await visitor.page.evaluate(() => [
		String(document.getSelection()) ||
			document.activeElement.value,
		document.getElementById('made-key').value]);

	assert.ok(whole === key || whole === '', 'what is selected');
	assert.deepEqual(visitor.problems, []);
	await visitor.close();
});
