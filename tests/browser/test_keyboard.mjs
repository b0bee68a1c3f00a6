/*
 * Without a mouse, and with everything twice as large.
 */
import { controls, fits, tabThrough } from './inspect.mjs';
import { demoPeople } from './people.mjs';
import { Visitor } from './browser.mjs';
import { assert, before, makeUser, signedIn, stand, test } from './suite.mjs';

const who = {};
const pages = [
	['nobody', '/login'],
	['nobody', '/signup'],
	['user', '/account'],
	['user', '/account/security'],
	['user', '/account/credits'],
	['user', '/logout'],
	['admin', '/admin'],
	['admin', '/admin/users?q=sofia'],
	['admin', () => `/admin/users/${who.user.user.id}`],
	['admin', '/admin/credits?kind=adjust'],
	['admin', '/admin/orders?status=refunded'],
];
let at;

before(async () => {
	at = await stand({ name: 'keyboard' });
	await demoPeople(at);
	who.nobody = await Visitor.open(at);
	for (const [name, role] of [['user', 'user'], ['admin', 'admin_rw']]) {
		const user = await makeUser(at, role);

		who[name] = Object.assign(await signedIn(at, user), { user });
	}
});

function pathOf(page) {
	return typeof page === 'function' ? page() : page;
}

/* A promise about every page. */
function everywhere(promise, work) {
	test(promise, async () => {
		for (const [name, page] of pages) {
			await who[name].goto(pathOf(page));
			await work(who[name], pathOf(page));
		}
	});
}

everywhere('tab reaches everything, and one sees where one is',
	async ({ page }, path) => {
		const { reached, missed, unseen } = await tabThrough(page);

		assert.match(reached[0], /class="skip"/, path);
		assert.deepEqual({ missed, unseen }, { missed: [], unseen: [] },
			path);
	});

everywhere('"Skip to content" skips the menu', async ({ page }, path) => {
	await page.keyboard.press('Tab');
	await page.keyboard.press('Enter');
	assert.equal(await page.evaluate(() => document.activeElement.id),
		'content', path);
	await page.keyboard.press('Tab');
	assert.ok(await page.evaluate(() => document.activeElement
		.closest('main') !== null ||
		document.activeElement === document.body), path);
});

test('forms that open are reached, and open by the keyboard', async () => {
	const { page } = who.admin;

	await who.admin.goto(`/admin/users/${who.user.user.id}`);

	const parts = page.locator('main details');

	assert.ok(await parts.count() >= 5);
	for (const part of await parts.all()) {
		await part.locator('summary').focus();
		await page.keyboard.press('Enter');
		assert.equal(await part.getAttribute('open'), '');
		await page.keyboard.press('Tab');
		assert.ok(await part.evaluate((e) =>
			e.contains(document.activeElement)));

		const { missed, unseen } = await tabThrough(page);

		assert.deepEqual({ missed, unseen },
			{ missed: [], unseen: [] });
	}
});

test('one can sign in and be granted credits without a mouse', async () => {
	const visitor = await Visitor.open(at);
	const { page } = visitor;
	const type = (text) => page.keyboard.type(text);
	const key = (name) => page.keyboard.press(name);
	const enter = () => Promise.all([page.waitForNavigation(),
		key('Enter')]);

	await visitor.goto('/login');
	await page.getByLabel('E-mail').focus();
	await type(who.admin.user.email);
	await key('Tab');
	await type('correct horse battery staple');
	await enter();
	await visitor.goto(`/admin/users/${who.user.user.id}`);
	await page.locator('summary', { hasText: 'Grant' }).focus();
	await key('Enter');
	await key('Tab');
	await type('25');
	await key('Tab');
	await type('By hand');
	await enter();
	assert.match(await visitor.text(), /25 credits granted/);
	assert.deepEqual(visitor.problems, []);
	await visitor.close();
});

everywhere('at 200 % nothing is lost and nothing sticks out',
	async ({ page, context }, path) => {
		/* The janitor may have added to it since it was opened. */
		await page.reload();

		const before = await controls(page);
		const large = await context.newPage();
		const cdp = await context.newCDPSession(large);

		await cdp.send('Emulation.setDeviceMetricsOverride', {
			width: 640, height: 400, deviceScaleFactor: 2,
			mobile: false });
		await large.goto(path);
		await fits(large, path);
		assert.deepEqual(await controls(large), before, path);
		await large.close();
	});
