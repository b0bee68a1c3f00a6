/*
 * An order is paid and refunded, and ledger and chart say so: once with
 * JavaScript, once without.
 */
import { goThrough, placeOrder } from './refund.mjs';
import { assert, makeUser, signedIn, stand, test } from './suite.mjs';

async function journey(name, options) {
	const at = await stand({ name, config: { 'shop.enabled': true } });
	const buyer = await makeUser(at, 'user', 'Bea Buyer');
	const boss = await signedIn(at, await makeUser(at, 'admin_rw',
		'Ada Admin'), options);

	await goThrough(boss, await placeOrder(at, buyer), buyer);
	assert.deepEqual(boss.problems, []);
	await boss.close();
}

test('an order is refunded, and ledger and chart say so', () =>
	journey('refund', {}));
test('without JavaScript it is the same', () =>
	journey('refundplain', { javaScriptEnabled: false }));
