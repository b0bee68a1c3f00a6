/*
 * What Stripe is asked, and what becomes of it when Stripe is slow, gone or
 * says no. The Stripe here is tests/lib/stripe.mjs, which its own package
 * takes for one.
 */
import Stripe from 'stripe';
import { PASSWORD, after, before, is, ok, person, secret, stand, test } from
	'../http/suite.mjs';
import { startStripe } from '../lib/stripe.mjs';
import { PLAN_SQL } from './story.mjs';

const KEY = secret('sk_test_0123456789abcdefABCDEF');
const WORKERS = 8, DEADLINE_MS = 1500;

let at, stripe;

before(async () => {
	stripe = await startStripe({ secretKey: KEY });
	stripe.price('price_pro');
	at = await stand({ name: 'client', config: { 'stripe.enabled': true,
		'worker.count': WORKERS, 'stripe.secret_key': KEY,
		'stripe.api_base': stripe.url,
		'stripe.deadline_ms': DEADLINE_MS } });
	await at.psql(PLAN_SQL);
});
after(async () => {
	is((await at.stop()).code, 0, 'the exit status');
	await stripe.close();
});

async function inTrouble(trouble, work) {
	stripe.trouble = trouble;
	stripe.calls.length = 0;
	try {
		return await work();
	} finally {
		stripe.trouble = null;
	}
}

function upgrade(who, plan = 'pro') {
	return who.json('/api/auth/subscription/upgrade', { plan });
}

test('our Stripe is one to its own package', async () => {
	const { hostname, port } = new URL(stripe.url);
	const client = new Stripe(KEY, { host: hostname, port,
		protocol: 'http', maxNetworkRetries: 0 });
	const customer = await client.customers.create({ email: 'a@b.example',
		metadata: { k: 'v' } });
	const session = await client.checkout.sessions.create({
		mode: 'payment', success_url: 'https://x.example/', line_items: [
			{ quantity: 2, price_data: { currency: 'eur',
				unit_amount: 500, product_data: { name: 'x' } } }] });

	is(customer.metadata.k, 'v', 'the metadata');
	is(stripe.complete(session.id).amount_total, 1000, 'the amount');

	const { payment_intent: intent } =
		await client.checkout.sessions.retrieve(session.id);
	const refund = await client.refunds.create({ payment_intent: intent,
		amount: 400 });

	is(refund.status, 'succeeded', 'the refund');
	is(await client.refunds.create({ payment_intent: intent,
		amount: 4000 }).then(() => 'made', ({ type }) => type),
	'StripeInvalidRequestError', 'a refund of too much');
});

test('every call has key and version, every POST a key of its own', async () => {
	stripe.calls.length = 0;
	is((await upgrade(await person(at))).status, 200, 'the status');
	ok(stripe.calls.length >= 4, `only ${stripe.calls.length} calls`);

	const keys = new Set();

	for (const { method, headers } of stripe.calls) {
		is(headers.authorization, `Bearer ${KEY}`, 'the key');
		is(headers['stripe-version'], '2026-08-26.dahlia', 'the version');
		if (method === 'POST')
			keys.add(headers['idempotency-key']);
	}
	is(keys.size, stripe.calls.filter(({ method }) =>
		method === 'POST').length, 'the number of keys');
	ok(!keys.has(undefined), 'a POST has no key');
});

test('a call that is cut is asked again once, under the same key', async () => {
	const who = await person(at);
	let cuts = 0;
	const response = await inTrouble((call) => call.method === 'POST' &&
		call.path === '/v1/customers' && cuts++ === 0 ? 'drop' : null,
	() => upgrade(who));
	const made = stripe.calls.filter(({ method, path }) =>
		method === 'POST' && path === '/v1/customers');

	is(response.status, 200, 'the status');
	is(made.length, 2, 'the calls');
	is(made[0].headers['idempotency-key'],
		made[1].headers['idempotency-key'], 'the key');
});

test('what Stripe cannot do just now is 503, and changes nothing', async () => {
	const who = await person(at);

	for (const trouble of [500, 429, 401, 409, 'drop']) {
		const response = await inTrouble(trouble, () => upgrade(who));

		is(response.status, 503, `the status in trouble ${trouble}`);
		is(response.json().code, 'STRIPE_UNAVAILABLE', 'the code');
		ok(response.header('retry-after') !== null, 'no Retry-After');
	}

	const rows = await at.psql(`SELECT id FROM subscriptions
		WHERE reference_id = '${who.id}'`);

	is(rows.length, 0, 'the rows');
});

test('what Stripe refuses keeps its sentence and its code', async () => {
	const who = await person(at);

	await at.psql(`INSERT INTO plans (id, kind, name, title, description,
		price_minor, currency, interval, credits, stripe_price_id, active,
		position, created_at, updated_at) VALUES ('gone', 'subscription',
		'gone', 'Gone', '', 900, 'EUR', 'month', 0, 'price_gone', true, 1,
		now(), now())`);

	const response = await upgrade(who, 'gone');

	is(response.status, 400, 'the status');
	is(response.json().code, 'resource_missing', 'the code');
	is(response.json().message, "No such price: 'price_gone'",
		'the message');
});

test('while Stripe hangs others are refused at once, and all sign in',
	async () => {
		const people = await Promise.all(Array.from({ length: 12 },
			() => person(at)));
		const watcher = await person(at);

		await inTrouble('hang', async () => {
			const started = people.map((who) => upgrade(who));
			let checks = 0;
			let waiting = true;
			const over = Promise.all(started).finally(
				() => waiting = false);

			while (waiting) {
				is((await watcher.json('/api/auth/sign-in/email',
					{ email: watcher.email,
						password: PASSWORD }))
					.status, 200, 'a sign-in');
				ok((await watcher.session()).user !== undefined,
					'no session');
				checks++;
			}

			const answers = await over;
			const codes = answers.map((one) => one.json().code);

			ok(answers.every(({ status }) => status === 503),
				`statuses ${answers.map(({ status }) => status)}`);
			ok(codes.includes('BUSY'), `codes ${codes}`);
			ok(codes.filter((code) => code === 'STRIPE_UNAVAILABLE')
				.length >= 2, `codes ${codes}`);
			ok(checks > 1, `only ${checks} sign-ins meanwhile`);
		});
	});
