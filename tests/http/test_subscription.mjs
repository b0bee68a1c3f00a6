/*
 * The page of subscriptions: how a browser gets to Stripe and back, and what
 * it is shown, and offered, in between.
 */
import { PLAN_SQL } from '../stripe/story.mjs';
import { signature, startStripe } from '../lib/stripe.mjs';
import { after, before, is, matches, ok, person, request, secret, stand,
	test } from './suite.mjs';

const PAGE = '/account/subscriptions';
const SECRET = secret('whsec_0123456789abcdefABCDEF');
const BACK = { successUrl: PAGE, cancelUrl: PAGE, returnUrl: PAGE };
const BUTTON = />Subscribe<span/;

let stripe, at, clock = Math.floor(Date.now() / 1000);

before(async () => {
	stripe = await startStripe();
	at = await stand({ name: 'subscription', config: {
		'shop.enabled': true, 'stripe.enabled': true,
		'shop.checkout_origins': 'https://checkout.example.com,' +
			'https://billing.example.com',
		'stripe.secret_key': 'sk_test_x', 'stripe.api_base': stripe.url,
		'stripe.webhook_secret': SECRET } });
	await at.psql(PLAN_SQL);
	await at.psql(`INSERT INTO plans (id, kind, name, title, description,
			price_minor, currency, interval, credits, trial_days,
			stripe_price_id, stripe_annual_price_id, active,
			position, created_at, updated_at)
		VALUES ('team', 'subscription', 'team', 'Team', 'For many.',
			4900, 'EUR', 'month', 0, 14, 'price_team',
			'price_team_year', true, 1, now(), now()),
			('dear', 'subscription', 'dear', 'Without a price', '',
			1, 'EUR', 'month', 0, null, null, null, true, 2, now(),
			now())`);
	for (const id of ['price_pro', 'price_team', 'price_team_year'])
		stripe.price(id);
});
after(async () => {
	const { code } = await at.stop();

	await stripe.close();
	is(code, 0, 'the exit status');
});

async function leadTo(who, path, fields) {
	const response = await who.post(path, fields);

	is(response.status, 303, `the status (${response.text})`);
	return response.header('location');
}

/* Subscribes as a browser does, and comes back from paying. */
async function subscribe(who, plan = 'pro') {
	const url = await leadTo(who, PAGE, { plan, ...BACK });
	const session = stripe.complete(url.split('/').at(-1));
	const back = session.form.success_url.replace('{CHECKOUT_SESSION_ID}',
		session.id);

	is((await who.get(back.slice(at.url.length))).header('location'),
		`${at.url}${PAGE}`, 'the way back');
	who.subscription = stripe.get('subscriptions', session.subscription);
	return who;
}

/* What Stripe reports of it since. */
async function tell({ subscription }, more) {
	Object.assign(subscription, more);

	const body = JSON.stringify(stripe.event(
		'customer.subscription.updated', subscription,
		{ created: ++clock }));
	const response = await request(at.url, { method: 'POST',
		path: '/api/webhooks/stripe', headers: {
			'Content-Type': 'application/json',
			'Stripe-Signature': signature(body, SECRET) }, body });

	is(response.status, 200, `the report (${response.text})`);
}

function lacks(text, part, what) {
	ok(!text.includes(part), `${what} has "${part}"`);
}


const shown = async (who) => (await who.get(PAGE)).text;

test('a browser is led to where it subscribes, and back to what it has',
	async () => {
		const who = await person(at);
		const before = await shown(who);

		matches(before, /not subscribed to anything/, 'the page before');
		matches(before, BUTTON, 'the page before');
		lacks(before, '/subscriptions/billing', 'a button without a customer');
		await subscribe(who);

		const { body } = stripe.calls.findLast(({ method, path }) =>
			method === 'POST' && path === '/v1/checkout/sessions');

		is(body['line_items[0][price]'], 'price_pro', 'what is bought');
		is(body.cancel_url, `${at.url}${PAGE}`, 'the way back');

		const after = await shown(who);

		matches(after, /Pro <span class="badge" data-status="active">Active/,
			'the page after');
		matches(after, /Every month · Renews on <time/, 'when it renews');
		matches(after, /Pro <span class="badge" data-tone="good">Yours/,
			'the plan');
		ok(!BUTTON.test(after), 'a second one is offered');
	});

test('who asks twice pays in one session, for another plan in another one',
	async () => {
		const who = await person(at);
		const lead = (plan) => leadTo(who, PAGE, { plan, ...BACK });
		const url = await lead('pro');

		is(await lead('pro'), url, 'where it is paid');
		ok(await lead('team') !== url, 'another plan is paid for there');
	});

test('who has one changes to another plan, or pays by the year', async () => {
	const who = await subscribe(await person(at));

	matches(await shown(who), />Change to this plan<span/, 'the page');
	is(await leadTo(who, PAGE, { plan: 'team', annual: 'on', ...BACK }),
		'https://billing.example.com/p', 'where it is changed');

	const { body } = stripe.calls.findLast(({ path }) =>
		path === '/v1/billing_portal/sessions');

	is(body['flow_data[subscription_update_confirm][items][0][price]'],
		'price_team_year', 'what is asked for');
	is(body.return_url, `${at.url}${PAGE}`, 'the way back');
});

test('billing leads to the portal of the own customer', async () => {
	const who = await subscribe(await person(at));
	const path = `${PAGE}/billing`;

	is(await leadTo(who, path, { returnUrl: PAGE }),
		'https://billing.example.com/p', 'the portal');
	is(stripe.calls.at(-1).body.customer, who.subscription.customer,
		'whose it is');
	is((await (await person(at)).post(path, { returnUrl: PAGE })).status,
		404, 'without a customer');
});

test('what ends, ended or is late says so', async () => {
	const who = await subscribe(await person(at));

	await tell(who, { cancel_at_period_end: true });
	matches(await shown(who), /Every month · Ends on <time/, 'it ends');
	await tell(who, { cancel_at_period_end: false, status: 'past_due' });

	const late = await shown(who);

	matches(late, /We are waiting for a payment/, 'it is late');
	ok(!BUTTON.test(late), 'who has to pay is sold another');
	await tell(who, { status: 'canceled', ended_at: clock });
	matches(await shown(who), /Ended on <time/, 'it ended');
	matches(await shown(who), BUTTON, 'another one');
});

test('the free days of a plan are offered once', async () => {
	const who = await person(at);

	matches(await shown(who), /Free for the first 14 days/, 'the page');
	await subscribe(who, 'team');
	await tell(who, { status: 'trialing', trial_start: clock,
		trial_end: clock + 14 * 86400 });
	matches(await shown(who), /On trial<\/span>.*Free until <time/s,
		'the trial');
	await tell(who, { status: 'canceled', ended_at: clock });
	lacks(await shown(who), 'Free for the first', 'a second trial');
});

test('only what has a price at Stripe is offered', async () => {
	lacks(await shown(await person(at)), 'Without a price', 'the page');
});

test('an administrator finds who subscribes to what', async () => {
	const admin = await person(at, 'admin_ro');
	const [pro, team] = [await subscribe(await person(at)),
		await subscribe(await person(at), 'team')];
	const found = async (query) => (await admin.get(
		`/api/admin/subscriptions?${query}`)).json().subscriptions
		.map(({ userId }) => userId);

	await tell(team, { status: 'past_due' });
	for (const q of [pro.email.toUpperCase(), pro.id,
		pro.subscription.id, pro.subscription.customer])
		is((await found(`q=${encodeURIComponent(q)}`)).join(), pro.id,
			`found by ${q}`);
	is((await found(`q=${team.id}&status=active`)).length, 0,
		'by another status');
	is((await found(`q=${team.id}&plan=Team&status=past_due`)).length, 1,
		'by all that fits');
	is((await found('status=past_due'))[0], team.id, 'who is late');
	is((await found('plan=TEAM'))[0], team.id, 'whose plan it is');
	ok((await found('')).length > 2, 'everybody is not found');

	const first = (await admin.get('/api/admin/subscriptions?limit=1'))
		.json();

	is(first.subscriptions[0].userId, team.id, 'the newest');
	is((await found(`limit=1&cursor=${first.next}`))[0], pro.id,
		'the next one');
	is((await admin.get('/admin/subscriptions?q=&plan=&status=')).status,
		200, 'a form that is empty');
	matches((await admin.get('/admin/subscriptions?plan=team')).text,
		/Payment is late/, 'the page');
	matches((await admin.get('/admin/subscriptions.csv')).text,
		new RegExp(`${team.email},team,past_due`), 'the file');
});

test('a form leads to the pages of the provider only', async () => {
	const who = await person(at);

	matches((await who.get(PAGE)).header('content-security-policy'),
		new RegExp("form-action 'self' https://checkout\\.example\\.com" +
			' https://billing\\.example\\.com;'), 'the policy');
	for (const url of ['https://evil.example/', '//evil.example']) {
		const response = await who.post(PAGE, { plan: 'pro', ...BACK,
			successUrl: url });

		is(response.status, 403, `back to ${url}`);
	}
});

test('a refusal of Stripe, and a plan that is not, are told on the page',
	async () => {
		const who = await person(at);

		stripe.trouble = 'drop';
		try {
			const response = await who.post(PAGE, { plan: 'pro', ...BACK });

			is(response.status, 503, 'the status');
			matches(response.text, /id="problems"/, 'the page');
		} finally {
			stripe.trouble = null;
		}
		is((await who.post(PAGE, { plan: 'none', ...BACK })).status, 400,
			'no such plan');
		matches(await shown(who), /not subscribed to anything/,
			'what is left of it');
	});
