/*
 * What strangers report has no effect, and what is signed but senseless none
 * that it should not have.
 */
import Stripe from 'stripe';
import { after, before, is, ok, request, stand, test } from
	'../http/suite.mjs';

const SECRET = 'whsec_hostile';
const { webhooks } = new Stripe('sk_test_x');
const EVENT = { id: 'evt_1', object: 'event', type: 'customer.created',
	created: 1767225600, data: { object: { id: 'cus_1' } } };
const BODY = JSON.stringify(EVENT);
const now = () => Math.floor(Date.now() / 1000);
const signed = (payload, more = {}) => webhooks.generateTestHeaderString({
	payload, secret: SECRET, ...more });

let at;

before(async () => {
	at = await stand({ name: 'hostile', config: { 'stripe.enabled': true,
		'stripe.secret_key': 'sk_test_x',
		'stripe.webhook_secret': `${SECRET}, whsec_next` } });
});
after(async () => is((await at.stop()).code, 0, 'the exit status'));

async function send(body, signature,
	path = '/api/webhooks/stripe') {
	const { status } = await request(at.url, { method: 'POST', path, body,
		headers: { 'Content-Type': 'application/json',
			...signature === null ? {} :
				{ 'Stripe-Signature': signature } } });

	return status;
}

async function refused(body, signature, what) {
	const status = await send(body, signature);

	ok(status >= 400 && status < 500, `${what} is answered with ${status}`);
}

async function events() {
	return (await at.psql('SELECT count(*) AS n FROM provider_events'))[0].n;
}

/* One character of a text changed, left out or doubled. */
function bent(text, i) {
	const place = i * 7919 % text.length;
	const [head, tail] = [text.slice(0, place), text.slice(place + 1)];

	return [`${head}${text[place] === '0' ? '1' : '0'}${tail}`,
		head + tail, head + text[place] + text.slice(place)][i % 3];
}

test('2,000 bent bodies and signatures are refused', async () => {
	for (let i = 0; i < 1000; i++) {
		const good = signed(BODY);
		const body = bent(BODY, i), signature = bent(good, i);

		await refused(body === BODY ? `${BODY} ` : body, good,
			`body ${i}`);
		await refused(BODY, signature.startsWith(good) ?
			`${good}0` : signature, `signature ${signature}`);
	}
	is(await events(), 0, 'events stored');
});

test('signatures of other times, secrets and schemes are refused', async () => {
	const headers = [null, '', 't=1', `v1=${'0'.repeat(64)}`,
		signed(BODY, { timestamp: now() - 301 }),
		signed(BODY, { timestamp: now() + 400 }),
		signed(BODY, { secret: 'whsec_other' }),
		signed(BODY, { scheme: 'v0' }),
		signed(`${BODY} `), `${signed(BODY)},t=${now()}`,
		`t=${now()},${'v1=00,'.repeat(500)}`];

	for (const header of headers)
		await refused(BODY, header, header);
	is(await events(), 0, 'events stored');
});

test('what is signed and no event is refused', async () => {
	const bodies = ['', ' ', 'null', '1', '[]', '{}', '{', '\0',
		'{"id":"evt_1"}', '\xff', '{"a":1,"a":2}',
		'['.repeat(5000), '{"id":"\\ud800"}', '{"id":"\\u0000"}',
		...[{ id: 1 }, { id: 'evt_../x' }, { id: '' }, { object: 'x' },
			{ type: 1 }, { type: 'A' }, { type: '' },
			{ type: 'a'.repeat(101) }, { data: null }, { data: [] },
			{ data: { object: [] } }, { data: { object: null } }]
			.map((more) => JSON.stringify({ ...EVENT, ...more }))];

	for (const body of bodies)
		await refused(body, signed(body), body);
	is(await events(), 0, 'events stored');
});

test('senseless objects of known types have no effect and no 5xx', async () => {
	const types = ['customer.subscription.updated', 'invoice.paid',
		'checkout.session.completed', 'charge.refunded',
		'refund.created', 'charge.dispute.created',
		'payment_intent.succeeded'];
	const objects = [{}, { id: 1 }, { id: 'sub_1', customer: [] },
		{ id: 'sub_1', customer: 'cus_1', status: 'eaten' },
		{ id: 'in_1', customer: 'cus_1', billing_reason: {}, lines: 1 },
		{ id: 'cs_1', mode: 'payment', payment_status: 'paid',
			amount_total: -1, currency: {}, metadata: [] },
		{ id: 'ch_1', payment_intent: 'pi_1', amount_refunded: 1e18 }];
	let n = 0;

	for (const type of types)
		for (const object of objects) {
			const body = JSON.stringify({ ...EVENT, type,
				id: `evt_s${n++}`, data: { object } });
			const status = await send(body, signed(body));

			ok(status < 500, `${body} is answered with ${status}`);
		}

	const [{ n: rows }] = await at.psql(`SELECT (SELECT count(*)
		FROM subscriptions) + (SELECT count(*) FROM transfers) AS n`);

	is(rows, 0, 'rows of effects');
});

test('one of two secrets is enough, at both addresses', async () => {
	const body = JSON.stringify({ ...EVENT, id: 'evt_good' });

	is(await send(body, signed(body)), 200, 'the first');
	is(await send(body, signed(body, { secret: 'whsec_next' }),
		'/api/auth/stripe/webhook'), 200, 'the second');

	const rows = await at.psql(`SELECT body, deliveries, effect
		FROM provider_events WHERE event_id = 'evt_good'`);

	is(rows.length, 1, 'the rows');
	is(rows[0].body, body, 'the body');
	is(rows[0].deliveries, 2, 'the deliveries');
	is(rows[0].effect, 'none', 'the effect');
});
