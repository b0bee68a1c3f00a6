/*
 * Nobody is deleted whom Stripe would go on billing: by no way that leads
 * there, and only as long as that is so.
 */
import { PLAN_SQL } from '../stripe/story.mjs';
import { signature, startStripe } from '../lib/stripe.mjs';
import { PASSWORD, after, before, eventually, is, lettersTo, matches, ok,
	person, request, secret, stand, test } from './suite.mjs';

const DELETE = '/api/auth/delete-user';
const SECRET = secret('whsec_0123456789abcdefABCDEF');
const CODE = 'USER_HAS_ACTIVE_SUBSCRIPTION';
const TEXT = 'A user with an active subscription cannot be deleted. ' +
	'Cancel the subscription first.';

let stripe, at, byLetter, without, clock = Math.floor(Date.now() / 1000);

before(async () => {
	stripe = await startStripe();
	const off = { 'user.delete': true, 'admin.enabled': true,
		'server.client_address': 'forwarded', 'mail.per_recipient': 0 };
	const config = { ...off, 'stripe.enabled': true,
		'stripe.secret_key': 'sk_test_x', 'stripe.api_base': stripe.url,
		'stripe.webhook_secret': SECRET };

	[at, byLetter, without] = await Promise.all([
		stand({ name: 'leaving', config }),
		stand({ name: 'leavingletter', config: { ...config,
			'user.delete_verification': true } }),
		stand({ name: 'leavingoff', config: off }),
	]);
	for (const each of [at, byLetter, without])
		await each.psql(PLAN_SQL);
});
after(async () => {
	for (const each of [at, byLetter, without])
		is((await each.stop()).code, 0, 'the exit status');
	await stripe.close();
});

/* What Stripe reports of who's subscription, of a second of its own. */
async function tell(who, more = {}) {
	const one = stripe.subscribe({ id: `sub_${who.id}`,
		customer: `cus_${who.id}`, price: 'price_pro', ...more });
	const body = JSON.stringify(stripe.event(
		'customer.subscription.updated', one, { created: ++clock }));
	const response = await request(who.at.url, { method: 'POST',
		path: '/api/webhooks/stripe', headers: {
			'Content-Type': 'application/json',
			'Stripe-Signature': signature(body, SECRET) }, body });

	is(response.status, 200, `the report (${response.text})`);
}

async function subscriber(on, more) {
	const who = await person(on);

	await on.psql(`UPDATE users SET stripe_customer_id = 'cus_${who.id}'
		WHERE id = '${who.id}'`);
	await tell(who, more);
	return who;
}

async function exists({ id, at: on }) {
	return (await on.psql(`SELECT id FROM users WHERE id = '${id}'`))
		.length === 1;
}

/* All that is known of somebody, as text. */
async function standing({ id, at: on }) {
	const rows = await on.psql(`SELECT
		(SELECT to_jsonb(u)::text FROM users u WHERE id = '${id}') AS u,
		(SELECT count(*) FROM accounts WHERE user_id = '${id}') AS a,
		(SELECT string_agg(id, ' ' ORDER BY id) FROM sessions
			WHERE user_id = '${id}') AS s,
		(SELECT string_agg(id || status, ' ' ORDER BY id)
			FROM subscriptions WHERE reference_id = '${id}') AS b,
		(SELECT count(*) FROM audit WHERE target_id = '${id}') AS audit`);

	return JSON.stringify(rows);
}

async function reasonOf(response, on) {
	const id = response.header('x-request-id');
	const line = await eventually('it is logged', () => on.log().find(
		({ requestId, event }) => requestId === id && event === 'request'));

	return line.reason;
}

const own = (who) => [who, who];
const byAdmin = async (who) => [who, await person(at, 'admin_rw')];

/* who may, how it is asked for, and where a page leads then */
const ways = {
	'by the wire': [own, (who) => who.json(DELETE,
		{ password: PASSWORD })],
	'on the own page': [own, (who) => who.post('/account/delete', {
		email: who.email, password: PASSWORD }), '/login'],
	'by an administrator, by the wire': [byAdmin, (who, admin) =>
		admin.json('/api/auth/admin/remove-user', { userId: who.id })],
	'by an administrator, by our API': [byAdmin, (who, admin) =>
		admin.send('DELETE', `/api/admin/users/${who.id}`)],
	'by an administrator, on the page': [byAdmin, (who, admin) =>
		admin.post(`/admin/users/${who.id}/remove`,
			{ email: who.email }), '/admin/users'],
};

for (const [way, [by, ask, place]] of Object.entries(ways))
	test(`${way}: whom Stripe would bill again stays, until it would not`,
		async () => {
			const [who, actor] = await by(await subscriber(at));
			const before = await standing(who);
			const refused = await ask(who, actor);

			is(refused.status, 400, 'the status');
			if (place === undefined)
				is(refused.json().code, CODE, 'the code');
			ok(refused.text.includes(TEXT), 'no word of why');
			matches(await reasonOf(refused, at), / is active$/,
				'the reason in the log');
			is(await standing(who), before, 'what is known');
			ok(await who.session() !== null, 'the session is gone');

			await tell(who, { cancel_at_period_end: true });

			const done = await ask(who, actor);

			is(done.status, place === undefined ? 200 : 303,
				'the status');
			if (place !== undefined)
				is(done.header('location'), place, 'the place');
			ok(!await exists(who), 'the user is there');
		});

test('what is late, unpaid or paused would be billed, what is over would not',
	async () => {
		for (const status of ['trialing', 'past_due', 'unpaid', 'paused']) {
			const who = await subscriber(at, { status });

			is((await who.json(DELETE, {})).json().code, CODE, status);
			await tell(who, { status, cancel_at: ++clock });
			is((await who.json(DELETE, {})).status, 200, status);
		}
		for (const status of ['canceled', 'incomplete',
			'incomplete_expired']) {
			const who = await subscriber(at, { status });

			is((await who.json(DELETE, {})).status, 200, status);
		}
	});

test('the pages tell before they are used what has to end first', async () => {
	const who = await subscriber(at);
	const admin = await person(at, 'admin_rw');
	const page = async () => (await who.get('/account/delete')).text;
	const subject = async () => (await admin.get(
		`/admin/users/${who.id}`)).text;

	matches(await page(), /Cancel your subscription first/, 'the page');
	ok(!(await page()).includes('name="email"'), 'there is a form');
	matches(await subject(), new RegExp(`at Stripe, where the customer is ` +
		`<code>cus_${who.id}<`), 'the administrator\'s page');
	await tell(who, { cancel_at_period_end: true });
	ok(!(await page()).includes('subscription first'), 'it is still asked for');
	matches(await page(), /name="email"/, 'the page');
	ok(!(await subject()).includes('at Stripe'), 'it is still asked for');
});

test('no letter leads to a refusal, and a link outlives one', async () => {
	const who = await subscriber(byLetter);
	const wire = await who.json(DELETE, { callbackURL: '/bye' });
	const page = await who.post('/account/delete', { email: who.email,
		password: PASSWORD });

	is(wire.json().code, CODE, 'the code');
	is(page.status, 400, 'the status of the page');
	ok(page.text.includes(TEXT), 'no word of why');
	is((await lettersTo(byLetter, who.email, 'delete-account')).length, 0,
		'the number of letters');
	await tell(who, { cancel_at_period_end: true });
	is((await who.json(DELETE, { callbackURL: '/bye' })).status, 200,
		'the status');

	/* restored before the link is followed */
	await tell(who);

	const [{ url }] = await lettersTo(byLetter, who.email,
		'delete-account');
	const path = secret(url).replace(byLetter.url, '');
	const token = new URL(url).searchParams.get('token');

	for (const follow of [() => who.get(path),
		() => who.json(DELETE, { token })]) {
		const refused = await follow();

		is(refused.status, 400, 'the status');
		is(refused.json().code, CODE, 'the code');
		ok(await exists(who), 'the user is gone');
	}
	await tell(who, { status: 'canceled' });
	is((await who.get(path)).header('location'), '/bye', 'the place to go');
	ok(!await exists(who), 'the user is there');
});

test('without Stripe nobody could cancel, and nobody has to', async () => {
	const admin = await person(without, 'admin_rw');

	for (const leave of [(who) => who.json(DELETE, {}),
		(who) => admin.send('DELETE', `/api/admin/users/${who.id}`)]) {
		const who = await person(without);

		await without.psql(`INSERT INTO subscriptions (id, plan,
			reference_id, status, created_at, updated_at) VALUES
			('s${who.id}', 'pro', '${who.id}', 'active', now(),
			now())`);
		ok(!(await who.get('/account/delete')).text
			.includes('subscription'), 'it is asked for');
		is((await leave(who)).status, 200, 'the status');
		ok(!await exists(who), 'the user is there');
	}
});
