/*
 * What an administrator does about a buyer who wants the money back: finds the
 * order, gives it back, and looks whether ledger and overview say so.
 */
import { assert } from './suite.mjs';

/* An order that was placed and is not paid, through a bank's transfer. */
export async function placeOrder(at, buyer) {
	const id = '019c8a3e5f107c4db2a6f0e1d2c3b4a5';

	await at.psql(`INSERT INTO orders (id, user_id, email, description,
		credits, amount_minor, currency, created_at, updated_at)
		VALUES ('${id}', '${buyer.id}', '${buyer.email}',
		'2,000 credits', 2000, 2900, 'EUR', now(), now())`);
	return id;
}

async function choose(boss, what, fields, button) {
	const part = boss.page.locator('details', { hasText: `${what}…` });

	await part.locator('summary').click();
	await boss.fill(fields, part);
	await boss.press(button, { within: part });
	assert.match(boss.path, /^\/admin\/orders\/[0-9a-f]{32}$/);
}

const open = async (boss, order, buyer) => {
	await boss.goto('/admin');
	await boss.follow('Orders');
	await boss.page.locator(`a[href="/admin/orders/${order}"]`).click();
	await boss.page.waitForURL(`**/admin/orders/${order}`);
	assert.match(await boss.text(), new RegExp(buyer.email));
};

async function paid(boss) {
	await choose(boss, 'Mark as paid', { Reference: 'Statement 7, line 12' },
		'Mark as paid');
	assert.match(await boss.text(), /€29\.00\s+Paid/);
}

async function refunded(boss, order) {
	await boss.goto(`/admin/orders/${order}`);
	await choose(boss, 'Refund', { Reason: 'Bought by mistake' }, 'Refund');
	assert.match(await boss.text(), /€29\.00\s+Refunded/);
	assert.match(await boss.text(), /Bought by mistake/);
}

/* What the ledger says of a buyer, the newest first. */
async function ledger(boss, buyer) {
	await boss.goto('/admin');
	await boss.follow('Credits');
	await boss.fill({ User: buyer.email });
	await boss.press('Filter');
	return boss.page.locator('tbody tr').allInnerTexts();
}

/* The numbers behind the chart, of today; money in cents. */
async function today(boss, title) {
	await boss.goto('/admin?days=7');

	const chart = boss.page.locator('.chart-card', { has: boss.page
		.getByRole('heading', { name: `${title} per day` }) });
	const cells = await chart.locator('tbody tr').last().locator('td')
		.allTextContents();

	return cells.map((text) => Number(text.replace(/[^\d-]/g, '')));
}

/*
 * goThrough(boss, order, buyer, look) - all of it
 *
 * look(name) is called where there is something to see. The buyer has no
 * credits; nobody else does anything meanwhile.
 */
export async function goThrough(boss, order, buyer, look = async () => {}) {
	await open(boss, order, buyer);
	await paid(boss);
	await look('refund-1-order');
	assert.match((await ledger(boss, buyer))[0], /Grant[^]*\+2,000/);

	const before = { credits: await today(boss, 'Credits'),
		revenue: await today(boss, 'Revenue') };

	await refunded(boss, order);
	await look('refund-2-refunded');

	const rows = await ledger(boss, buyer);

	assert.match(rows[0], /-2,000\s+0$/, 'the balance');
	assert.match(rows[1], /Grant[^]*\+2,000/, 'the grant stays');
	await look('refund-3-ledger');

	const after = { credits: await today(boss, 'Credits'),
		revenue: await today(boss, 'Revenue') };

	assert.deepEqual(after.credits, before.credits, 'credits');
	assert.equal(after.revenue[0], before.revenue[0], 'what was paid');
	assert.equal(after.revenue[1], before.revenue[1] + 2900,
		'what the chart says was refunded');
	await look('refund-4-overview');
}
