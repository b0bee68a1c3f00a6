/*
 * Every page in every state people meet it in: wide and narrow, light and
 * dark. axe finds nothing, nothing sticks out, the console is quiet.
 *
 * TG_LOOK=directory keeps a picture of each.
 */
import path from 'node:path';
import { startStripe } from '../lib/stripe.mjs';
import { Visitor } from './browser.mjs';
import { accessible, fits } from './inspect.mjs';
import { LONG_REASON, demoPeople, longPerson } from './people.mjs';
import { PASSWORD, after, assert, before, freshEmail, makeUser, signedIn,
	stand, test } from './suite.mjs';

const LOOKS = [1280, 360].flatMap((width) => ['light', 'dark'].map(
	(colorScheme) => ({ width, colorScheme })));
const NARROWEST = 320;
const HUGE = '999999999999999';
const who = {};
let full, empty, long, stripe;

before(async () => {
	stripe = await startStripe();
	[full, empty] = await Promise.all(['full', 'empty'].map((name) =>
		stand({ name, config: { 'jwt.enabled': true,
			'jwt.algorithm': 'ES256', 'user.delete': true,
			'feedback.enabled': true, 'affiliates.enabled': true,
			'shop.enabled': true, 'stripe.enabled': name === 'full',
			'stripe.api_base': stripe.url,
			'stripe.secret_key': 'sk_test_x',
			'stripe.webhook_secret': 'whsec_0123456789abcdefghijklmn',
			'entitlements.enabled': true, 'reservations.enabled': true,
			'credits.approval_above': HUGE,
			'api_key.enabled': true, 'multi_session.enabled': true,
			'username.enabled': name === 'empty' } })));
	await demoPeople(full);
	long = await longPerson(full);
	for (const role of ['user', 'admin_ro', 'admin_rw', 'super_admin'])
		who[role] = await signedIn(full, await makeUser(full, role));
	who.acting = await signedIn(full, await makeUser(full, 'admin_rw'));
	who.long = await signedIn(full, long);
	who.nobody = await Visitor.open(full);
	who.newcomer = await Visitor.open(empty);
	who.several = await signedIn(full, await makeUser(full, 'admin_rw'));
	await join(who.several, long);
	who.first = await signedIn(empty, await makeUser(empty,
		'super_admin'));
	await Promise.all(['iPhone; CPU iPhone OS 17_0', 'Windows NT 10.0'].map(
		async (system) => (await signedIn(full, long, {
			userAgent: `Mozilla/5.0 (${system}) Firefox/140.0` }))
			.close()));
	await makeLong();
});

after(() => stripe.close());

/* Everything about one person at its longest. */
async function makeLong() {
	await send('grant', long, { 'Credits to add': HUGE,
		Reason: LONG_REASON });
	await send('adjust', long, { Correction: '-12345678901',
		Reason: LONG_REASON });
	await send('quota', long, { 'Credits per month optional': HUGE });
}

/* ---- ways to a state -------------------------------------------------------- */

const FORMS = { grant: 'Grant credits', adjust: 'Adjust balance',
	quota: 'Set monthly quota', ban: 'Ban this user',
	impersonate: 'Act as this user', password: 'Set a password',
	remove: 'Remove this user', entitlement: 'Give an entitlement',
	licence: 'Issue a licence' };
const BUTTONS = { ...FORMS, entitlement: 'Give it',
	licence: 'Issue the licence', quota: 'Set quota', ban: (name) => `Ban ${name}`,
	impersonate: (name) => `Act as ${name}`, password: 'Set password',
	remove: (name) => `Remove ${name}` };

/* The admin sends a form of a user's page, past the browser's own checks. */
async function send(what, user, fields) {
	const admin = who.admin_rw;

	await admin.goto(`/admin/users/${user.id}`);

	const part = admin.page.locator('details', {
		hasText: `${FORMS[what]}…` });

	await part.locator('summary').click();
	await sendForm(admin, part.locator('form'), fields,
		BUTTONS[what].call?.(null, user.name) ?? BUTTONS[what]);
}

/* An admin becomes the person of the long values. */
async function act(visitor) {
	await visitor.goto(`/admin/users/${long.id}`);

	const part = visitor.page.locator('details', {
		hasText: `${FORMS.impersonate}…` });

	await part.locator('summary').click();
	await sendForm(visitor, part.locator('form'), { Reason: LONG_REASON },
		BUTTONS.impersonate(long.name));
}

async function sendForm(visitor, form, fields, button) {
	await form.evaluate((e) => e.noValidate = true);
	for (const [label, value] of Object.entries(fields))
		await form.getByLabel(label, { exact: true }).fill(value);
	await visitor.press(button, { within: form });
}

async function sendMain(visitor, at, fields, button) {
	await visitor.goto(at);
	await sendForm(visitor, visitor.page.locator('main form', {
		has: visitor.page.getByRole('button', { name: button,
			exact: true }) }), fields, button);
}

/* Somebody joins the users of the visitor's browser. */
async function join(visitor, user) {
	await visitor.goto('/login?add=1');
	await sendForm(visitor, visitor.page.locator('main form'), {
		'E-mail': user.email, Password: PASSWORD }, 'Sign in');
}

/* What work leads to while the person of the long values has one that lasts. */
async function subscribed(work, status = 'active') {
	await full.psql(`INSERT INTO subscriptions (id, plan, reference_id,
		stripe_customer_id, stripe_subscription_id, status, period_end,
		trial_end, seats, billing_interval, created_at, updated_at)
		SELECT id, 'professional-with-priority-support', '${long.id}',
			'cus_UfKq2Wm7Xy1RtB', 'sub_' || id, status, now(), now(),
			999999, 'month', now(), now()
		FROM (VALUES ('lasting', '${status}'), ('ended', 'canceled'))
			AS s (id, status)`);
	try {
		await work();
	} finally {
		await full.psql(`DELETE FROM subscriptions
			WHERE id IN ('lasting', 'ended')`);
	}
}

async function somePlans() {
	await full.psql(`INSERT INTO plans (id, kind, name, title, description,
			price_minor, currency, interval, credits, trial_days,
			stripe_price_id, stripe_annual_price_id, active,
			position, created_at, updated_at)
		SELECT 'look-' || i, 'subscription', CASE i WHEN 1
			THEN 'professional-with-priority-support'
			ELSE 'look-' || i END, repeat('Title ', 16),
			repeat('Description ', 40), 99999999999, 'EUR', 'month',
			999999999, 30, 'price_' || i, 'price_year_' || i, true,
			i, now(), now()
		FROM generate_series(1, 3) i ON CONFLICT DO NOTHING;
		UPDATE users SET stripe_customer_id = 'cus_UfKq2Wm7Xy1RtB'
		WHERE id = '${long.id}'`);
}

const subscriptions = (status) => async (visitor) => {
	await somePlans();
	await subscribed(() => visitor.goto('/account/subscriptions'), status);
};

async function openAll(visitor) {
	await visitor.page.evaluate(() => {
		for (const e of document.querySelectorAll('details')) {
			e.removeAttribute('name');
			e.open = true;
		}
	});
}

async function someUser(where) {
	const [{ id }] = await full.psql(`SELECT id FROM users WHERE ${where}
		ORDER BY created_at LIMIT 1`);

	return { id };
}

async function someOrder(where) {
	const [{ id }] = await full.psql(`SELECT id FROM orders WHERE ${where}
		ORDER BY created_at DESC LIMIT 1`);

	return id;
}

async function someOf(table) {
	const [{ id }] = await full.psql(`SELECT id FROM ${table}
		ORDER BY created_at DESC LIMIT 1`);

	return id;
}

/* As a field for a moment has it. */
function inDays(days) {
	return new Date(Date.now() + days * 86400000).toISOString().slice(0, 16);
}

async function followReset(visitor) {
	await sendMain(visitor, '/forgot-password', { 'E-mail': long.email },
		'Send the link');

	const letters = await full.letters();

	await visitor.goto(letters.findLast(({ kind }) =>
		kind === 'reset-password').url);
}

/* One that waits, one that failed with much to say. */
async function someLetters() {
	const ids = await full.writeLetters(['anna@example.com',
		`${'long'.repeat(15)}@${'example.'.repeat(20)}com`]);

	await full.psql(`UPDATE letters SET state = 'failed', attempts = 12,
		error = '550 5.1.1 ${'No such user. '.repeat(18)}',
		next_at = NULL WHERE id = '${ids[1]}'`);
	return ids;
}

/* One that is withdrawn, one that signs, one that is next. */
async function someKeys() {
	const ids = [];

	for (let i = 0; i < 3; i++)
		ids.push((await full.tollgate(['key', 'rotate'])).stdout.trim());
	await full.tollgate(['key', 'retire', ids[0]]);
}

/* The affiliate of the person of the long values: with referrals of all
 * states, one of whom is gone. */
async function someReferrals() {
	await who.long.goto('/account/referrals');

	const [{ id }] = await full.psql(`SELECT id FROM affiliates
		WHERE user_id = '${long.id}'`);
	const friends = await Promise.all([1, 2, 3].map(() => makeUser(full)));

	for (const friend of friends)
		await full.psql(`INSERT INTO referrals (id, affiliate_id, user_id,
			created_at) SELECT md5('${friend.id}'), '${id}', id,
			created_at FROM users WHERE id = '${friend.id}'`);
	await full.psql(`UPDATE referrals SET state = 'rewarded',
		order_id = (SELECT min(id) FROM orders WHERE id NOT IN (
			SELECT order_id FROM referrals
			WHERE order_id IS NOT NULL)),
		transfer_id = (SELECT min(id) FROM transfers WHERE id NOT IN (
			SELECT transfer_id FROM referrals
			WHERE transfer_id IS NOT NULL)),
		reward = ${HUGE}, rewarded_at = now()
		WHERE user_id = '${friends[0].id}'`);
	await full.psql(`DELETE FROM users WHERE id = '${friends[1].id}'`);
	return id;
}

/* Of the admin himself and of somebody else, open and decided. */
async function someProposals(visitor) {
	await visitor.goto('/account');

	const mine = await visitor.page.locator('dd code').innerText();
	const other = (await someUser("role = 'super_admin'")).id;

	for (const [by, lapses, state, decided] of [[mine, 7, 'open', null],
		[other, 7, 'open', null], [other, 1, 'open', null],
		[mine, 7, 'declined', other]])
		await full.psql(`INSERT INTO credit_proposals (id, wallet_id, kind,
			amount, reason, key, proposed_by, created_at, lapses_at,
			state, decided_by, decided_at) SELECT id, '${long.id}',
			'grant', ${HUGE}, '${LONG_REASON}', id, '${by}',
			now() - interval '2 days',
			now() + interval '${lapses - 2} days', '${state}',
			${decided === null ? 'NULL, NULL' : `'${decided}', now()`}
			FROM (SELECT md5(random()::text) AS id) AS new`);
}

/* ---- states ----------------------------------------------------------------- */

/* look(name, who, way, status): the page that way leads to, in all looks */
function look(name, role, way, status = 200) {
	test(`${name} looks right to everybody`, async () => {
		const visitor = who[role];

		visitor.problems = [];
		if (typeof way === 'string')
			await visitor.goto(way);
		else
			await way(visitor);
		assert.equal(visitor.status, status, 'the status');
		for (const { width, colorScheme } of LOOKS)
			await lookOnce(visitor, name, width, colorScheme);
		await visitor.page.setViewportSize({ width: NARROWEST,
			height: 640 });
		await fits(visitor.page, `${NARROWEST} wide`);
		assert.deepEqual(visitor.problems, []);
	});
}

async function lookOnce({ page }, name, width, colorScheme) {
	const what = `${width} wide, ${colorScheme}`;

	await page.setViewportSize({ width, height: 800 });
	await page.emulateMedia({ colorScheme });
	if (process.env.TG_LOOK)
		await page.screenshot({ fullPage: true, path: path.join(
			process.env.TG_LOOK, `${name.replace(/\W+/g, '-')}-` +
			`${width}-${colorScheme}.png`) });
	await fits(page, what);
	await accessible(page, what);
}

look('login', 'nobody', '/login');
look('login refused', 'nobody', (visitor) =>
	visitor.signIn(long.email, 'not the password'), 401);
look('login with an old form', 'nobody', async (visitor) => {
	await visitor.goto('/login');
	await visitor.context.clearCookies();
	await sendForm(visitor, visitor.page.locator('main form'), {
		'E-mail': long.email, Password: PASSWORD }, 'Sign in');
}, 403);
look('signup', 'nobody', '/signup');
look('signup refused', 'nobody', (visitor) => sendMain(visitor, '/signup',
	{ Name: '', 'E-mail': 'nobody', Password: '' }, 'Create account'), 400);
look('signup with a taken address', 'nobody', (visitor) =>
	sendMain(visitor, '/signup', { Name: long.name, 'E-mail': long.email,
		Password: PASSWORD }, 'Create account'), 422);
look('forgotten password', 'nobody', '/forgot-password');
look('forgotten password refused', 'nobody', (visitor) => sendMain(visitor,
	'/forgot-password', { 'E-mail': 'nobody' }, 'Send the link'), 400);
look('forgotten password, letter sent', 'nobody', (visitor) =>
	sendMain(visitor, '/forgot-password', { 'E-mail': long.email },
		'Send the link'));
look('new password', 'nobody', followReset);
look('new password refused', 'nobody', async (visitor) => {
	await followReset(visitor);
	await sendForm(visitor, visitor.page.locator('main form'),
		{ 'New password': 'short' }, 'Set the password');
}, 400);
look('new password with a dead link', 'nobody', '/reset-password?token=none');
look('confirm an address', 'nobody', '/verify-email');
look('confirm an address, refused', 'nobody', (visitor) => sendMain(visitor,
	'/verify-email', { 'E-mail': '' }, 'Send the link'), 400);
look('confirm an address, letter sent', 'nobody', (visitor) => sendMain(visitor,
	'/verify-email', { 'E-mail': long.email }, 'Send the link'));
for (const query of ['done=verified', 'done=agreed', 'done=changed',
	'error=TOKEN_EXPIRED', 'error=INVALID_TOKEN'])
	look(`confirm an address with ${query}`, 'nobody',
		`/verify-email?${query}`);
look('no such page', 'nobody', '/nowhere', 404);

look('account', 'user', '/account');
look('account with long values', 'long', '/account');
look('account saved', 'user', (visitor) => sendMain(visitor, '/account',
	{ Name: 'Robin Changed' }, 'Save changes'));
look('account refused', 'user', (visitor) => sendMain(visitor, '/account',
	{ Name: '', 'Picture address optional': 'no address' },
	'Save changes'), 400);
look('account to be confirmed', 'user', async (visitor) => {
	await full.psql(`UPDATE users SET email_verified = false
		WHERE role = 'user' AND name = 'Robin Changed'`);
	await visitor.goto('/account');
});
look('address', 'long', '/account/email');
look('address refused', 'long', (visitor) => sendMain(visitor,
	'/account/email', { 'New address': 'nobody', 'Your password': '' },
	'Change address'), 400);
look('end of an account', 'long', '/account/delete');
look('end of an account refused', 'user', (visitor) => sendMain(visitor,
	'/account/delete', { 'Your password': 'not the password' },
	'Delete my account'), 400);
look('end of an account with a subscription', 'long', (visitor) =>
	subscribed(() => visitor.goto('/account/delete')));
look('security', 'user', '/account/security');
look('security with other devices', 'long', async (visitor) => {
	await visitor.goto('/account/security');
	await openAll(visitor);
});
look('password refused', 'user', (visitor) =>
	sendMain(visitor, '/account/security', {
		'Current password': 'not the password',
		'New password': PASSWORD }, 'Change password'), 400);
look('keys without any', 'user', '/account/keys');
look('a new key', 'long', (visitor) => sendMain(visitor, '/account/keys',
	{ Name: 'W'.repeat(32) }, 'Create key'));
look('keys', 'long', async (visitor) => {
	await full.psql(`UPDATE api_keys SET expires_at = now(), enabled = false,
		last_request_at = now() WHERE user_id = '${long.id}'`);
	await visitor.goto('/account/keys');
	await openAll(visitor);
});
look('key refused', 'user', (visitor) => sendMain(visitor, '/account/keys',
	{ Name: '' }, 'Create key'), 400);
look('account of one of several', 'several', async (visitor) => {
	await visitor.goto('/account');
	await openAll(visitor);
});
look('another account', 'several', '/login?add=1');
look('sign out of several', 'several', '/logout');
look('login by username', 'newcomer', '/login');
look('signup with a username', 'newcomer', '/signup');
look('signup with a wrong username', 'newcomer', (visitor) => sendMain(visitor,
	'/signup', { Name: long.name, 'E-mail': long.email, Password: PASSWORD,
		'Username optional': 'no name' }, 'Create account'), 400);
look('account with a username', 'first', '/account');
look('credits without movements', 'user', '/account/credits');
look('credits with long values', 'long', '/account/credits');
look('orders without any', 'user', '/account/orders');
look('licences without any', 'user', '/account/licences');
look('licences of a user', 'long', async (visitor) => {
	await full.psql(`INSERT INTO entitlements (id, owner_kind, owner_id, key,
		value, source, source_id, granted_at) VALUES (repeat('e', 32),
		'user', '${long.id}', repeat('k', 64), to_jsonb(repeat('v', 600)),
		'promo', '', now()) ON CONFLICT DO NOTHING`);
	await full.tollgate(['licence', 'issue', '--user', long.email, '--type',
		'enterprise', '--feature', 'f'.repeat(64), '--feature', 'sso',
		'--limit', `${'l'.repeat(64)}=${HUGE}`]);
	await visitor.goto('/account/licences');
});
look('nothing to reserve', 'first', '/account/reservations');
look('new item refused', 'admin_rw', (visitor) => sendMain(visitor,
	'/admin/items', { Name: '', 'Price in credits': 'much' }, 'Create item'),
400);
look('new item', 'admin_rw', (visitor) => sendMain(visitor, '/admin/items',
	{ Name: 'W'.repeat(100), 'Description optional': LONG_REASON,
		'Price in credits': '1' }, 'Create item'));
look('reservations without any', 'user', '/account/reservations');
look('reservation refused', 'user', (visitor) => sendMain(visitor,
	'/account/reservations', { 'Starts (UTC)': '2001-01-01T10:00',
		'Ends (UTC)': '2001-01-01T09:00' }, 'Reserve'), 400);
look('reservation made', 'long', async (visitor) => sendMain(visitor,
	`/account/reservations?item=${await someOf('items')}`,
	{ 'Starts (UTC)': inDays(2), 'Ends (UTC)': inDays(3) }, 'Reserve'));
look('feedback without any', 'user', '/account/feedback');
look('feedback refused', 'user', (visitor) => sendMain(visitor,
	'/account/feedback', { Subject: '', 'Message': LONG_REASON },
	'Send'), 400);
look('feedback sent', 'long', (visitor) => sendMain(visitor,
	'/account/feedback', { Subject: 'W'.repeat(120),
		'Message': `${'long'.repeat(50)}\n\n${LONG_REASON}` },
	'Send'));
look('referrals without any', 'user', '/account/referrals');
look('referrals', 'long', async (visitor) => {
	await someReferrals();
	await visitor.goto('/account/referrals');
});
look('referrals with a disabled code', 'user', async (visitor) => {
	await visitor.goto('/account/referrals');
	await full.psql(`UPDATE affiliates SET disabled_at = now()
		WHERE user_id <> '${long.id}'`);
	await visitor.goto('/account/referrals');
});
look('sign out', 'user', '/logout');
look('no page for a user', 'user', '/admin', 403);

look('admin', 'admin_rw', '/admin');
look('admin with numbers', 'admin_rw', async (visitor) => {
	await visitor.goto('/admin');
	await openAll(visitor);
});
look('admin on the first day', 'first', '/admin');
look('users', 'admin_rw', '/admin/users');
look('users found', 'admin_rw', () => who.admin_rw.goto(
	`/admin/users?q=${encodeURIComponent(long.email)}`));
look('users not found', 'admin_rw', '/admin/users?q=nobody%40nowhere');
look('users with a wrong filter', 'admin_rw', '/admin/users?role=emperor',
	400);
look('new user', 'admin_rw', '/admin/users/new');
look('new user refused', 'admin_rw', (visitor) => sendMain(visitor,
	'/admin/users/new', { Name: '', 'E-mail': 'nobody' }, 'Create user'),
400);
look('new user with a taken address', 'admin_rw', (visitor) => sendMain(
	visitor, '/admin/users/new', { Name: long.name, 'E-mail': long.email },
	'Create user'), 422);
look('user', 'admin_rw', async (visitor) => visitor.goto('/admin/users/' +
	(await someUser('id IN (SELECT wallet_id FROM transfers)')).id));
look('user with long values', 'admin_rw', async (visitor) => {
	await visitor.goto(`/admin/users/${long.id}`);
	await openAll(visitor);
});
look('user who is banned', 'admin_rw', async (visitor) => visitor.goto(
	'/admin/users/' + (await someUser('banned')).id));
look('user seen by a reader', 'admin_ro', () => who.admin_ro.goto(
	`/admin/users/${long.id}`));
look('user who is oneself', 'admin_rw', async (visitor) => {
	await visitor.goto('/account');

	const id = await visitor.page.locator('dd code').innerText();

	await visitor.goto(`/admin/users/${id}`);
});
look('no such user', 'admin_rw', '/admin/users/0', 404);
look('grant made', 'admin_rw', async () => send('grant',
	await makeUser(full), { 'Credits to add': '1', Reason: 'One' }));
look('grant refused', 'admin_rw', () => send('grant', long, {
	'Credits to add': 'many', Reason: '' }), 400);
look('adjustment refused', 'admin_rw', async () => send('adjust',
	await makeUser(full), { Correction: '-1', Reason: LONG_REASON }), 409);
look('quota refused', 'admin_rw', () => send('quota', long, {
	'Credits per month optional': '-1' }), 400);
look('ban refused', 'admin_rw', () => send('ban', long, {
	Reason: '', 'Days optional': '-1' }), 400);
look('impersonation refused', 'admin_rw', () => send('impersonate', long,
	{ Reason: '' }), 400);
look('password of a user refused', 'admin_rw', () => send('password', long,
	{ 'New password': 'short' }), 400);
look('removal refused', 'admin_rw', () => send('remove', long, {
	[`Type ${long.email} to confirm`]: LONG_REASON }), 400);
look('removal refused for a subscription', 'admin_rw', () =>
	subscribed(() => send('remove', long, {
		[`Type ${long.email} to confirm`]: long.email })), 400);
look('account while an admin acts as its user', 'acting', async (visitor) => {
	await act(visitor);
	await visitor.goto('/account');
});
look('security while an admin acts', 'acting', '/account/security');
look('no admin page while one acts', 'acting', '/admin', 403);
look('ledger', 'admin_rw', '/admin/credits');
look('ledger with long values', 'admin_rw', () => who.admin_rw.goto(
	`/admin/credits?user=${long.id}`));
look('ledger without entries', 'admin_rw',
	'/admin/credits?from=2001-01-01&to=2001-01-02');
look('ledger on the first day', 'first', '/admin/credits');
look('ledger with a wrong filter', 'admin_rw', '/admin/credits?from=soon',
	400);
look('orders', 'admin_rw', '/admin/orders');
look('system', 'admin_ro', '/admin/system');
look('orders on the first day', 'first', '/admin/orders');
look('order', 'admin_rw', async (visitor) => visitor.goto('/admin/orders/' +
	await someOrder("status = 'refunded'")));
look('no such order', 'admin_rw', '/admin/orders/0', 404);
look('licences', 'admin_rw', '/admin/licences');
look('licences not found', 'admin_rw', '/admin/licences?q=nobody%40nowhere');
look('licences on the first day', 'first', '/admin/licences');
look('a user with licences', 'admin_rw', async (visitor) => {
	await visitor.goto(`/admin/users/${long.id}`);
	await openAll(visitor);
});
look('a user with licences seen by a reader', 'admin_ro', (visitor) =>
	visitor.goto(`/admin/users/${long.id}`));
look('an entitlement refused', 'admin_rw', () => send('entitlement', long, {
	Key: 'No key', 'Value optional': LONG_REASON }), 400);
look('a licence refused', 'admin_rw', () => send('licence', long, {
	'Features optional': 'No', 'Days optional': 'many' }), 400);
look('items', 'admin_ro', '/admin/items');
look('items on the first day', 'first', '/admin/items');
look('item', 'admin_rw', async (visitor) => visitor.goto(
	`/admin/items/${await someOf('items')}`));
look('no such item', 'admin_rw', '/admin/items/0', 404);
look('reservations', 'admin_rw', '/admin/reservations');
look('reservations not found', 'admin_rw', '/admin/reservations?q=none');
look('reservations with a wrong filter', 'admin_rw',
	'/admin/reservations?from=soon', 400);
look('reservations on the first day', 'first', '/admin/reservations');
look('reservation', 'admin_rw', async (visitor) => {
	await visitor.goto(`/admin/reservations/${await someOf(
		'reservations')}`);
	await openAll(visitor);
});
look('reservation confirmed', 'admin_rw', async (visitor) => {
	await visitor.goto(`/admin/reservations/${await someOf(
		'reservations')}`);
	await openAll(visitor);
	await sendForm(visitor, visitor.page.locator(
		'form[action$="/confirm"]'), {}, 'Yes, confirm it');
});
look('times that are taken', 'long', async (visitor) => {
	await visitor.goto('/account/reservations?item=' +
		await someOf('items'));
	await openAll(visitor);
});
look('reservation seen by a reader', 'admin_ro', async (visitor) =>
	visitor.goto(`/admin/reservations/${await someOf('reservations')}`));
look('no such reservation', 'admin_rw', '/admin/reservations/0', 404);
look('feedback of users', 'admin_rw', '/admin/feedback');
look('feedback not found', 'admin_rw', '/admin/feedback?q=nobody%40nowhere');
look('feedback on the first day', 'first', '/admin/feedback');
look('a feedback', 'admin_rw', async (visitor) => visitor.goto(
	`/admin/feedback/${await someOf('feedbacks')}`));
look('answer refused', 'admin_rw', async (visitor) => sendMain(visitor,
	`/admin/feedback/${await someOf('feedbacks')}`, { Answer: '' },
	'Send the answer'), 400);
look('a feedback that is answered', 'admin_rw', async (visitor) => sendMain(
	visitor, `/admin/feedback/${await someOf('feedbacks')}`,
	{ Answer: `Thank you.\n\n${'long'.repeat(50)}` }, 'Send the answer'));
look('an answer its user reads', 'long', '/account/feedback');
look('a feedback seen by a reader', 'admin_ro', async (visitor) =>
	visitor.goto(`/admin/feedback/${await someOf('feedbacks')}`));
look('no such feedback', 'admin_rw', '/admin/feedback/0', 404);
look('affiliates', 'admin_rw', async (visitor) => {
	await someReferrals();
	await visitor.goto('/admin/affiliates');
});
look('affiliates not found', 'admin_rw', '/admin/affiliates?q=nobody');
look('affiliate', 'admin_rw', async (visitor) => {
	await visitor.goto(`/admin/affiliates/${await someReferrals()}`);
	await openAll(visitor);
});
look('affiliate seen by a reader', 'admin_ro', async (visitor) =>
	visitor.goto(`/admin/affiliates/${await someReferrals()}`));
look('no such affiliate', 'admin_rw', '/admin/affiliates/0', 404);
look('approvals without any', 'admin_rw', '/admin/approvals');
look('approvals', 'admin_rw', async (visitor) => {
	await someProposals(visitor);
	await visitor.goto('/admin/approvals?state=all');
	await openAll(visitor);
});
look('approvals seen by a reader', 'admin_ro', '/admin/approvals');
look('approval refused', 'admin_rw', async (visitor) => {
	await visitor.goto('/admin/approvals');

	const form = visitor.page.locator('form[action$="/withdraw"]').first();

	const [answer] = await Promise.all([
		visitor.page.waitForNavigation(),
		form.evaluate((e) => {
			e.action = e.action.replace('withdraw', 'confirm');
			e.submit();
		})]);

	visitor.status = answer.status();
}, 403);
look('signing keys', 'super_admin', async (visitor) => {
	await someKeys();
	await visitor.goto('/admin/keys');
});
look('signing keys of others', 'admin_ro', '/admin/keys');
look('signing keys on the first day', 'first', '/admin/keys');
look('mail', 'super_admin', async (visitor) => {
	await someLetters();
	await visitor.goto('/admin/mail');
});
look('mail on the first day', 'first', '/admin/mail');
look('letter', 'admin_rw', async (visitor) => visitor.goto('/admin/mail/' +
	(await someLetters())[0]));
look('letter that is read', 'super_admin', async (visitor) => visitor.goto(
	`/admin/mail/${(await someLetters())[0]}/body`));
look('no such letter', 'admin_rw', '/admin/mail/0', 404);

/* ---- the shop -------------------------------------------------------------- */

/* One order to be paid and one that is, with the longest words there may be. */
async function someOrders() {
	await full.psql(`INSERT INTO orders (id, user_id, email, status,
			description, credits, amount_minor, currency, created_at,
			paid_at, updated_at)
		SELECT 'look-' || status, id, email, status, repeat('Words', 40),
			999999999999, 99999999999, 'EUR', now(),
			CASE status WHEN 'paid' THEN now() END, now()
		FROM users, unnest('{created,paid}'::text[]) status
		WHERE id = '${long.id}' ON CONFLICT DO NOTHING`);
}

async function someEvents() {
	await full.psql(`INSERT INTO provider_events (id, provider, event_id, type,
			created_at, received_at, body, applied_at, effect, error)
		SELECT 'look' || i, 'stripe', 'evt_' || repeat('x', 200) || i,
			'checkout.session.completed', now(), now(),
			'{"id":"evt_' || repeat('x', 500) || '"}',
			CASE i WHEN 1 THEN now() END,
			CASE i WHEN 1 THEN 'order paid' END,
			CASE i WHEN 2 THEN repeat('No such order. ', 30) END
		FROM generate_series(1, 2) i ON CONFLICT DO NOTHING`);
}

const orderOf = (status, page = '') => async (visitor) => {
	await someOrders();
	await visitor.goto(`/account/orders/look-${status}${page}`);
	await openAll(visitor);
};

look('packs that cannot be bought', 'first', '/account/credits');
look('packs to buy', 'long', '/account/credits');
look('order to be paid', 'long', orderOf('created'));
look('order that is paid', 'long', orderOf('paid'));
look('receipt', 'long', orderOf('paid', '/receipt'));
look('orders with long values', 'long', '/account/orders');
look('an order with long values', 'admin_rw', async (visitor) => {
	await someOrders();
	await visitor.goto('/admin/orders/look-paid');
	await openAll(visitor);
});
look('orders like the provider has them', 'admin_rw',
	'/admin/orders/differences');
look('subscriptions without any', 'user', '/account/subscriptions');
look('subscriptions with long values', 'long', subscriptions('active'));
look('a subscription on trial', 'long', subscriptions('trialing'));
look('a subscription that is late', 'long', subscriptions('past_due'));
look('subscriptions of everybody', 'admin_ro', async (visitor) => {
	await somePlans();
	await subscribed(() => visitor.goto('/admin/subscriptions'));
});
look('subscriptions not found', 'admin_ro', '/admin/subscriptions?q=nobody');
look('plans', 'admin_ro', '/admin/plans');
look('plans on the first day', 'first', '/admin/plans');
look('new plan', 'admin_rw', '/admin/plans/new');
look('plan', 'admin_rw', async (visitor) => visitor.goto(
	`/admin/plans/${await someOf('plans')}`));
look('plan seen by a reader', 'admin_ro', async (visitor) => visitor.goto(
	`/admin/plans/${await someOf('plans')}`));
look('no such plan', 'admin_rw', '/admin/plans/0', 404);
look('events of the provider', 'admin_rw', async (visitor) => {
	await someEvents();
	await visitor.goto('/admin/events');
});
look('an event', 'admin_rw', async (visitor) => {
	await someEvents();
	await visitor.goto('/admin/events/look2');
});
look('an event that is read', 'super_admin', async (visitor) => {
	await someEvents();
	await visitor.goto('/admin/events/look1/body');
});

/* ---- figures --------------------------------------------------------------- */

look('expiring credits', 'admin_ro', '/admin/credits/expiring');
look('expiring credits on the first day', 'first', '/admin/credits/expiring');
look('top spenders', 'admin_ro', '/admin/credits/top');
look('a year of figures', 'admin_ro', '/admin?days=365');
look('audit trail', 'admin_ro', '/admin/audit');
look('audit trail with a wrong filter', 'admin_ro', '/admin/audit?from=soon',
	400);
