/*
 * The pictures of README.md and docs/, of a stand with a thousand made-up
 * people, and of the journey that test_refund.mjs makes.
 *
 *   node tests/browser/screenshots.mjs [directory]
 */
import fs from 'node:fs';
import path from 'node:path';
import { SOURCE } from '../lib/paths.mjs';
import { startStand } from '../lib/stand.mjs';
import { Visitor, closeBrowser } from './browser.mjs';
import { demoPeople } from './people.mjs';
import { goThrough, placeOrder } from './refund.mjs';
import { makeUser, signedIn } from './suite.mjs';

const WIDTH = 1280;
const HEIGHT = 800;
const out = path.resolve(process.argv[2] ??
	path.join(SOURCE, 'docs/screenshots'));
const at = await startStand({ name: 'screenshots', config: {
	'shop.enabled': true } });

async function shot(visitor, name, height = HEIGHT) {
	await visitor.page.setViewportSize({ width: WIDTH, height });
	await visitor.page.screenshot({ path: path.join(out, `${name}.png`) });
}

async function picture(visitor, name, address, height) {
	await visitor.goto(address);
	await shot(visitor, name, height);
}

/* Whoever has spent most of a monthly quota, and has something left. */
async function somebody() {
	const [{ id }] = await at.psql(`SELECT u.id FROM users u
		JOIN wallets w ON w.id = u.id
		JOIN transfers t ON t.wallet_id = u.id AND t.kind = 'spend'
			AND t.created_at >= date_trunc('month', now())
		WHERE u.role = 'user' AND NOT u.banned AND u.email_verified
		AND w.monthly_quota > 0 AND w.balance > 0
		GROUP BY u.id, w.monthly_quota
		HAVING count(*) > 2
		ORDER BY sum(t.amount) / w.monthly_quota::float DESC LIMIT 1`);

	return id;
}

fs.mkdirSync(out, { recursive: true });
await demoPeople(at);

const visitor = await Visitor.open(at);
const marek = await signedIn(at, await makeUser(at, 'admin_rw', 'Marek Novak',
	'marek@example.com'));
const id = await somebody();

await picture(visitor, 'login', '/login', 640);
await picture(marek, 'admin', '/admin', 1000);
await picture(marek, 'admin-users', '/admin/users');
await picture(marek, 'admin-user', `/admin/users/${id}`, 1000);

/* The account page of the same person, who has no password: one is given. */
const [{ email }] = await at.psql(`SELECT email FROM users WHERE id = '${id}'`);

await at.tollgate(['user', 'passwd', '--email', email],
	'correct horse battery staple\n');
await picture(await signedIn(at, { email }), 'account', '/account');

/* An order from its payment to its refund. */
const buyer = await makeUser(at, 'user', 'Bea Buyer', 'bea@example.com');

await goThrough(marek, await placeOrder(at, buyer), buyer,
	(name) => shot(marek, name));
await at.stop();
await closeBrowser();
