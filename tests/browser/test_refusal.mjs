/*
 * Refusals as a person meets them: what was typed stays, what is wrong is
 * said, and there is a way on.
 */
import { Visitor } from './browser.mjs';
import { PASSWORD, assert, before, freshEmail, makeUser, signedIn, someone,
	stand, test } from './suite.mjs';

let at, boss, reader, count = 0;

before(async () => {
	at = await stand({ name: 'refusal' });
	boss = await someone(at, 'admin_rw');
	reader = await someone(at, 'admin_ro');
});

/* A promise to a fresh visitor, whose console must stay quiet. */
function refusal(promise, work) {
	test(promise, async () => {
		const visitor = await Visitor.open(at);

		await work(visitor);
		assert.deepEqual(visitor.problems, []);
		await visitor.close();
	});
}

function problems(visitor) {
	return visitor.page.locator('#problems').innerText();
}

function value(visitor, label) {
	return visitor.page.getByLabel(label, { exact: true }).inputValue();
}

/* The id of what has the focus. */
function focused(visitor) {
	return visitor.page.evaluate(() => document.activeElement.id);
}

function customer() {
	return makeUser(at, 'user', `Customer ${++count}`);
}

/* The part of a user's page that opens with this word, opened. */
async function opened(visitor, user, what) {
	await visitor.goto(`/admin/users/${user.id}`);

	const part = visitor.page.locator('details', { hasText: `${what}…` });

	await part.locator('summary').click();
	return part;
}

async function change(visitor, user, what, fields, button = what) {
	const part = await opened(visitor, user, what);

	await visitor.fill(fields, part);
	await visitor.press(button, { within: part });
}

async function balance(user) {
	const [{ sum }] = await at.psql(`SELECT coalesce(sum(balance), 0) AS sum
		FROM wallets WHERE id = '${user.id}'`);

	return Number(sum);
}

/* ---- signing in and up ------------------------------------------------------ */

refusal('a wrong password is said, and the address stays', async (visitor) => {
	const user = await customer();

	await visitor.signIn(user.email, 'not the password');
	assert.equal(visitor.status, 401);
	assert.match(await problems(visitor), /Invalid email or password/);
	assert.equal(await focused(visitor), 'problems');
	assert.equal(await value(visitor, 'E-mail'), user.email);
	assert.equal(await value(visitor, 'Password'), '');
	await visitor.fill({ Password: PASSWORD });
	await visitor.press('Sign in');
	assert.equal(visitor.path, '/account');
});

refusal('a taken address is said, and the form stays', async (visitor) => {
	const user = await customer();

	await visitor.goto('/signup');
	await visitor.fill({ Name: 'Second', 'E-mail': user.email,
		Password: PASSWORD });
	await visitor.press('Create account');
	assert.equal(visitor.status, 422);
	assert.match(await problems(visitor), /already exists/);
	assert.equal(await value(visitor, 'Name'), 'Second');
	assert.equal(await value(visitor, 'E-mail'), user.email);
	await visitor.fill({ 'E-mail': freshEmail(), Password: PASSWORD });
	await visitor.press('Create account');
	assert.equal(visitor.path, '/account');
});

refusal('what is wrong with a field leads to the field', async (visitor) => {
	await visitor.goto('/signup');
	await visitor.sendAnything();
	await visitor.fill({ Name: 'Short', 'E-mail': freshEmail(),
		Password: 'short' });
	await visitor.press('Create account');
	assert.equal(visitor.status, 400);

	const field = visitor.page.getByLabel('Password', { exact: true });

	assert.equal(await field.getAttribute('aria-invalid'), 'true');
	assert.equal(await focused(visitor), 'password');
	assert.match(await field.evaluate((e) => e.getAttribute(
		'aria-describedby').split(' ').map((id) =>
		document.getElementById(id).textContent).join(' ')),
	/Password/);
});

refusal('a form grown old can be sent again', async (visitor) => {
	const user = await customer();

	await visitor.goto('/login');
	await visitor.context.clearCookies();
	await visitor.fill({ 'E-mail': user.email, Password: PASSWORD });
	await visitor.press('Sign in');
	assert.equal(visitor.status, 403);
	assert.match(await problems(visitor), /form has expired/);
	assert.equal(await value(visitor, 'E-mail'), user.email);
	await visitor.fill({ Password: PASSWORD });
	await visitor.press('Sign in');
	assert.equal(visitor.path, '/account');
});

refusal('a form of the session before keeps what was typed',
	async (visitor) => {
		const user = await customer();

		await visitor.signIn(user.email, PASSWORD);

		const old = visitor.page;

		await visitor.newPage();
		await visitor.goto('/logout');
		await visitor.press('Sign out', {
			within: visitor.page.locator('main') });
		await visitor.signIn(user.email, PASSWORD);
		visitor.page = old;
		await visitor.fill({ Name: 'Typed for long' });
		await visitor.press('Save changes');
		assert.match(await problems(visitor), /form has expired/);
		assert.equal(await value(visitor, 'Name'), 'Typed for long');
		await visitor.press('Save changes');
		assert.equal(visitor.status, 200);
		assert.match(await visitor.page.locator('.me').innerText(),
			/Typed for long/);
	});

/* ---- admins ----------------------------------------------------------------- */

test('an adjustment below zero is refused, and can be mended', async () => {
	const user = await customer();

	await change(boss, user, 'Grant credits', { 'Credits to add': '10',
		Reason: 'A start' });
	await change(boss, user, 'Adjust balance', { Correction: '-11',
		Reason: 'One too many' });
	assert.equal(boss.status, 409);
	assert.match(await problems(boss), /Not enough credits/);
	assert.equal(await focused(boss), 'adjust-amount');

	const part = boss.page.locator('details[open]');

	assert.equal(await part.getByLabel('Correction').inputValue(), '-11');
	assert.equal(await part.getByLabel('Reason').inputValue(),
		'One too many');
	await boss.fill({ Correction: '-10' }, part);
	await boss.press('Adjust balance', { within: part });
	assert.equal(boss.status, 200);
	assert.equal(await balance(user), 0);
});

test('a grant without a reason leads to the reason', async () => {
	const part = await opened(boss, await customer(), 'Grant credits');

	await boss.fill({ 'Credits to add': '7' }, part);
	await part.locator('form').evaluate((form) => form.noValidate = true);
	await boss.press('Grant credits', { within: part });
	assert.equal(boss.status, 400);
	await boss.page.getByRole('alert').getByRole('link').click();
	assert.equal(await focused(boss), 'grant-reason');
	assert.equal(await boss.page.locator('details[open]')
		.getByLabel('Credits to add').inputValue(), '7');
});

test('a reader sees no way to change anything, and none works', async () => {
	const user = await customer();

	for (const path of ['/admin', '/admin/users', '/admin/credits',
		'/admin/orders', `/admin/users/${user.id}`]) {
		await reader.goto(path);
		assert.equal(reader.status, 200, path);
		assert.equal(await reader.page.locator(
			'main form[method=post]').count(), 0, path);
	}
	assert.match(await reader.text(), /does not allow changes/);
	await Promise.all([reader.page.waitForNavigation(),
		reader.page.evaluate((action) => {
			const form = document.querySelector(
				'form[action="/logout"]');

			form.action = action;
			form.submit();
		}, `/admin/users/${user.id}/unban`)]);
	assert.match(await reader.text(), /Insufficient permissions/);
	await reader.follow('Go to my account');
	assert.equal(reader.path, '/account');
});

test('a user sees no admin page, and is told so', async () => {
	const visitor = await signedIn(at, await customer());

	assert.equal(await visitor.page.getByRole('link', { name: 'Admin' })
		.count(), 0);
	await visitor.goto('/admin/users');
	assert.equal(visitor.status, 403);
	assert.match(await visitor.text(), /Insufficient permissions/);
	await visitor.close();
});

test('a ban works on the very next click, and is said at the door',
	async () => {
		const user = await customer();
		const visitor = await signedIn(at, user);

		await change(boss, user, 'Ban this user', {
			Reason: 'Chargeback' }, `Ban ${user.name}`);
		assert.match(await boss.text(), /Banned for ever/);
		assert.match(await boss.text(), /Reason: Chargeback/);
		await visitor.follow('Security');
		assert.equal(visitor.path, '/login');
		await visitor.fill({ 'E-mail': user.email, Password: PASSWORD });
		await visitor.press('Sign in');
		assert.equal(visitor.status, 403);
		assert.match(await problems(visitor), /have been banned/);
		await boss.press('Lift the ban');
		await visitor.fill({ Password: PASSWORD });
		await visitor.press('Sign in');
		assert.equal(visitor.status, 200);
		await visitor.close();
	});

/* ---- other places ----------------------------------------------------------- */

test('a device signed out from another is out at once', async () => {
	const user = await customer();
	const here = await signedIn(at, user);
	const phone = await signedIn(at, user, { userAgent: 'Mozilla/5.0 ' +
		'(iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 ' +
		'(KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1' });

	await here.follow('Security');
	await here.press('Sign out Safari on iPhone');
	assert.match(await here.text(), /on this device only/);
	await phone.follow('Credits');
	assert.equal(phone.path, '/login');
	await here.follow('Profile');
	assert.equal(here.path, '/account');
	await Promise.all([here.close(), phone.close()]);
});

/* ---- twice ------------------------------------------------------------------ */

const TWICE = { 'Credits to add': '500', Reason: 'Only once' };

test('two clicks on "Grant credits" are one grant', async () => {
	const user = await customer();
	const part = await opened(boss, user, 'Grant credits');

	await boss.fill(TWICE, part);
	await Promise.all([boss.page.waitForNavigation(),
		part.getByRole('button', { name: 'Grant credits' }).dblclick()]);
	await boss.goto(`/admin/users/${user.id}`);
	assert.equal(await balance(user), 500);
});

test('the same grant sent twice without JavaScript is one', async () => {
	const user = await customer();
	const plain = await signedIn(at, boss.user, {
		javaScriptEnabled: false });
	const part = await opened(plain, user, 'Grant credits');
	const form = Object.fromEntries(await Promise.all(['csrf', 'key'].map(
		async (name) => [name, await part.locator(
			`input[name=${name}]`).inputValue()])));
	const send = () => plain.context.request.post(
		`/admin/users/${user.id}/grant`, {
			headers: { Origin: at.url }, maxRedirects: 0,
			form: { ...form, amount: '500', reason: 'Only once' } });
	const answers = await Promise.all([send(), send(), send()]);

	assert.deepEqual(answers.map((answer) => answer.status()),
		[303, 303, 303]);
	assert.equal(await balance(user), 500);
	await plain.fill(TWICE, part);
	await plain.press('Grant credits', { within: part });
	assert.equal(plain.status, 200);
	assert.equal(await balance(user), 500);
	await plain.close();
});

test('"back" after a grant shows that it has been made', async () => {
	const user = await customer();

	await change(boss, user, 'Grant credits', TWICE);
	await boss.page.goBack();
	assert.match(await boss.text(), /\b500 credits/);

	const part = boss.page.locator('details', {
		hasText: 'Grant credits…' });

	assert.equal(await part.getByLabel('Credits to add').inputValue(), '');
	assert.equal(await balance(user), 500);
});

test('a refused form sent again by "reload" changes nothing', async () => {
	const user = await customer();

	await change(boss, user, 'Adjust balance', { Correction: '-5',
		Reason: 'From nothing' });
	await boss.page.reload();
	assert.match(await problems(boss), /Not enough credits/);
	assert.equal(await balance(user), 0);
});

test('nobody saw an error in the console', () => {
	assert.deepEqual([...boss.problems, ...reader.problems], []);
});
