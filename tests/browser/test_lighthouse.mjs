/*
 * Lighthouse finds nothing to improve in accessibility and best practices.
 * Performance is left out: it tells more about the machine.
 */
import { launch } from 'chrome-launcher';
import lighthouse from 'lighthouse';
import { CHROMIUM, FLAGS } from './browser.mjs';
import { demoPeople } from './people.mjs';
import { assert, before, makeUser, signedIn, stand, test } from './suite.mjs';

const CATEGORIES = ['accessibility', 'best-practices'];
const cookies = {};
let at;

before(async () => {
	at = await stand({ name: 'lighthouse',
		config: { 'shop.enabled': true } });
	await demoPeople(at);
	for (const role of ['user', 'admin_rw']) {
		const visitor = await signedIn(at, await makeUser(at, role));

		cookies[role] = (await visitor.context.cookies()).map(
			({ name, value }) => `${name}=${value}`).join('; ');
		await visitor.close();
	}
});

async function audit(path, cookie) {
	const chrome = await launch({ chromePath: CHROMIUM,
		chromeFlags: ['--headless=new', ...FLAGS] });

	try {
		const { lhr } = await lighthouse(at.url + path, {
			port: chrome.port, logLevel: 'error', output: 'json',
			onlyCategories: CATEGORIES, disableStorageReset: true,
			extraHeaders: cookie === undefined ? {} :
				{ Cookie: cookie } });

		return lhr;
	} finally {
		chrome.kill();
	}
}

function complaints({ audits, categories }) {
	return Object.values(categories).flatMap(({ auditRefs }) =>
		auditRefs.filter(({ id, weight }) => weight > 0 &&
			audits[id].score !== null && audits[id].score < 1)
			.map(({ id }) => `${id}: ${audits[id].title}`));
}

function perfect(name, path, role) {
	test(`${name} gets 100 from Lighthouse`, async () => {
		const lhr = await audit(path, cookies[role]);

		assert.equal(new URL(lhr.finalDisplayedUrl).pathname, path);
		assert.equal(lhr.runtimeError, undefined);
		assert.deepEqual(complaints(lhr), []);
		for (const { id, score } of Object.values(lhr.categories))
			assert.equal(score, 1, id);
	});
}

perfect('the login page', '/login');
perfect('the account page', '/account', 'user');
perfect('the page of credits', '/account/credits', 'user');
perfect('the overview', '/admin', 'admin_rw');
perfect('the list of orders', '/admin/orders', 'admin_rw');
perfect('the list of users', '/admin/users', 'admin_rw');
