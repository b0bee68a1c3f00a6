/*
 * Links of users who bring others: what a browser and a program do with them,
 * and what the affiliate and the administrators see of it.
 */
import { PASSWORD, Person, after, before, csrfOf, is, matches, ok,
	patiently, person, stand, test, times } from './suite.mjs';

const COOKIE = 'better-auth.referral';

let at, off;

before(async () => {
	at = await stand({ name: 'referral', config: {
		'affiliates.enabled': true, 'affiliates.reward': '25',
		'shop.enabled': true } });
	off = await stand({ name: 'noreferral' });
});
after(async () => {
	is((await at.stop()).code, 0, 'the exit status');
	is((await off.stop()).code, 0, 'the exit status');
});

async function affiliate() {
	const who = await person(at);

	return Object.assign(who, (await who.get('/api/me/referrals')).json());
}

/* Who brought somebody, by id; null: nobody. */
async function broughtBy(who) {
	const [row] = await at.psql(`SELECT a.user_id FROM referrals r
		JOIN affiliates a ON a.id = r.affiliate_id
		JOIN users u ON u.id = r.user_id
		WHERE u.email = '${who.email}'`);

	return row?.user_id ?? null;
}

async function idOf(who) {
	const [row] = await at.psql(`SELECT id FROM users
		WHERE email = '${who.email}'`);

	return row.id;
}

/* By the page's form, as a browser does after it has followed path. */
async function signUpAfter(who, ...paths) {
	let page;

	for (const path of paths)
		page = await who.get(path);
	is((await who.form('/signup', { csrf: csrfOf(page.text),
		name: 'A Friend', email: who.email, password: PASSWORD })).status,
	303, 'the status of a sign-up');
	return broughtBy(who);
}

function signUp(who, headers = {}) {
	return patiently(() => who.send('POST', '/api/auth/sign-up/email', {
		headers: { 'Content-Type': 'application/json', ...headers },
		body: JSON.stringify({ name: 'A Friend', email: who.email,
			password: PASSWORD }) }));
}

test('a code is made at the first look, and stays', async () => {
	const who = await affiliate();
	const again = (await who.get('/api/me/referrals')).json();
	const page = await who.get('/account/referrals');

	matches(who.code, /^[0-9a-hjkmnp-tv-z]{10}$/, 'the code');
	is(who.link, `${at.url}/signup?ref=${who.code}`, 'the link');
	is(again.code, who.code, 'the code at the second look');
	ok(page.text.includes(who.link), 'the page lacks the link');
	ok(page.text.includes('25 credits'), 'the page lacks the reward');
});

test('a link is remembered until the sign-up, and then forgotten', async () => {
	const who = await affiliate(), friend = new Person(at);

	is(await signUpAfter(friend, `/signup?ref=${who.code}`, '/login',
		'/signup'), who.id, 'who brought them');
	is(friend.jar.get(COOKIE), undefined, 'the cookie');
	is((await who.get('/api/me/referrals')).json().referred, 1,
		'the number');
});

test('of two links the one followed last counts', async () => {
	const first = await affiliate(), last = await affiliate();

	is(await signUpAfter(new Person(at), `/signup?ref=${first.code}`,
		`/signup?ref=${last.code}`), last.id, 'who brought them');
});

test('a code may be typed in capitals, with strokes and O for 0', async () => {
	const who = await affiliate();
	const typed = `${who.code.slice(0, 5)}-${who.code.slice(5)}`
		.toUpperCase().replaceAll('0', 'O');

	is(await signUpAfter(new Person(at), `/signup?ref=${typed}`), who.id,
		'who brought them');
});

test('a program sends the code as a header or a cookie', async () => {
	const who = await affiliate();
	const byHeader = new Person(at), byCookie = new Person(at);

	is((await signUp(byHeader, { 'X-Referral-Code': who.code })).status, 200,
		'the status with a header');
	is(await broughtBy(byHeader), who.id, 'who brought them');
	await byCookie.get(`/signup?ref=${who.code}`);
	is((await signUp(byCookie)).status, 200, 'the status with a cookie');
	is(await broughtBy(byCookie), who.id, 'who brought them');
});

test('no code keeps anybody from signing up', async () => {
	for (const code of ['0000000000', 'x', 'u'.repeat(10), 'é', '%00', '',
		"' OR 1=1 --", 'a'.repeat(3000)]) {
		const friend = new Person(at);

		is((await signUp(friend, { 'X-Referral-Code': code })).status, 200,
			`the status with ${code.slice(0, 20)}`);
		is(await broughtBy(friend), null, 'who brought them');
	}
	ok(at.log().some(({ event, message }) => event === 'referral' &&
		message === '0000000000: nobody has it'), 'no log line');
	ok(at.log().some(({ event, message }) => event === 'referral' &&
		message === 'no such code: nobody has it'), 'no log line');
});

test('a link that is no code leaves no cookie', async () => {
	for (const code of ['', 'x', 'u'.repeat(10), '0123456789a']) {
		const who = new Person(at);

		await who.get(`/signup?ref=${code}`);
		is(who.jar.get(COOKIE), undefined, `the cookie of '${code}'`);
	}
});

test('nobody brings himself, and is not told', async () => {
	const who = await affiliate(), second = new Person(at);

	second.email = who.email.replace('@', '+again@');
	is((await signUp(second, { 'X-Referral-Code': who.code })).status, 200,
		'the status');
	is(await broughtBy(second), null, 'who brought them');

	/* signed in behind the back of a form that was open before */
	const browser = new Person(at), other = new Person(at);

	await browser.get(`/signup?ref=${who.code}`);
	browser.email = who.email;
	await browser.signIn();
	is((await browser.post('/signup', { name: 'Myself',
		email: other.email, password: PASSWORD })).status, 303,
	'the status of the form');
	is(await broughtBy(other), null, 'who brought them');
});

test('whoever is here is not brought later', async () => {
	const who = await affiliate(), old = await person(at);

	await old.get(`/signup?ref=${who.code}`);
	await old.signIn();
	is(await broughtBy(old), null, 'who brought them');
	is((await who.get('/api/me/referrals')).json().referred, 0,
		'the number');
});

test('twenty sign-ups at once by one code are twenty', async () => {
	const who = await affiliate();
	const answers = await times(20, () => signUp(new Person(at),
		{ 'X-Referral-Code': who.code }));

	is(answers.filter(({ status }) => status === 200).length, 20,
		'how many signed up');
	is((await who.get('/api/me/referrals')).json().referred, 20,
		'the number');
});

test('an affiliate sees when somebody came, and not who', async () => {
	const who = await affiliate(), friend = new Person(at);

	await signUp(friend, { 'X-Referral-Code': who.code });

	const api = await who.get('/api/me/referrals');
	const page = await who.get('/account/referrals');

	is(api.json().referrals.length, 1, 'the number');
	is(api.json().referrals[0].state, 'joined', 'the state');
	for (const { text } of [api, page])
		ok(!text.includes(friend.email), 'the address is there');
});

test('an admin finds an affiliate, and disables the code', async () => {
	const who = await affiliate(), admin = await person(at, 'admin_rw');
	const find = async (query) => (await admin.get(
		`/api/admin/affiliates?${query}`)).json().affiliates;

	for (const q of [who.code, who.email, who.id])
		is((await find(`q=${q}`))[0].code, who.code, `by ${q}`);

	const [{ id }] = await find(`q=${who.id}`);

	is((await admin.post(`/admin/affiliates/${id}/disable`)).status, 303,
		'the status');
	matches((await admin.get(`/admin/affiliates/${id}`)).text,
		/affiliate\.disable/, 'the page with its audit trail');
	is((await find(`q=${who.id}&state=active`)).length, 0,
		'how many are active');

	const friend = new Person(at);

	await signUp(friend, { 'X-Referral-Code': who.code });
	is(await broughtBy(friend), null, 'who brought them');
	is((await who.get('/api/me/referrals')).json().disabled, true,
		'disabled');
	matches((await who.get('/account/referrals')).text, /is disabled/,
		'the page');
	is((await admin.json(`/api/admin/affiliates/${id}/enable`, {}))
		.json().affiliate.state, 'active', 'the state');
});

test('an admin sees who came, also as a file', async () => {
	const who = await affiliate(), friend = new Person(at);
	const admin = await person(at, 'admin_ro');

	await signUp(friend, { 'X-Referral-Code': who.code });

	const [{ id }] = (await admin.get(
		`/api/admin/affiliates?q=${who.id}`)).json().affiliates;
	const one = (await admin.get(`/api/admin/affiliates/${id}`)).json();
	const file = await admin.get(`/admin/affiliates.csv?q=${who.id}`);

	is(one.affiliate.referred, 1, 'the number');
	matches((await admin.get(`/admin/users/${await idOf(friend)}`)).text,
		/Brought by/, 'the page of who came');
	ok(!(await admin.get(`/admin/users/${who.id}`)).text
		.includes('Brought by'), 'the affiliate came by himself');
	is(one.referrals[0].email, friend.email, 'the address');
	is((await admin.get(`/api/admin/affiliates/${id}?state=rewarded`))
		.json().referrals.length, 0, 'how many are rewarded');
	is((await admin.get('/api/admin/affiliates/none')).status, 404,
		'the status of none');
	matches(file.text, new RegExp(`${who.code},active,${who.id}`),
		'the file');
});

test('an order that is paid earns a reward, and loses it refunded', async () => {
	const who = await affiliate(), friend = new Person(at);
	const admin = await person(at, 'admin_rw');
	const earned = async () => (await who.get('/api/me')).json().balance;
	const order = `order-${process.pid}`;
	const tell = (what, body) => admin.send('POST',
		`/api/admin/orders/${order}/${what}`, {
			headers: { 'Content-Type': 'application/json',
				'Idempotency-Key': what },
			body: JSON.stringify(body) });

	await signUp(friend, { 'X-Referral-Code': who.code });
	await at.psql(`INSERT INTO orders (id, user_id, email, description,
		credits, amount_minor, currency, created_at, updated_at)
		VALUES ('${order}', '${await idOf(friend)}', '${friend.email}',
		'Credits', 100, 1000, 'EUR', now(), now())`);
	is((await tell('mark-paid', { reference: 'Cash' })).status, 200,
		'the status of a payment');
	is(await earned(), 25, 'the balance');

	const { referrals } = (await who.get('/api/me/referrals')).json();

	is(referrals[0].state, 'rewarded', 'the state');
	is(referrals[0].reward, 25, 'the reward');
	is((await tell('refund', { reason: 'Asked for' })).status, 200,
		'the status of a refund');
	is(await earned(), 0, 'the balance after it');
	is((await who.get('/api/me/referrals')).json().referrals[0].state,
		'reversed', 'the state after it');
});

test('without the switch there is nothing of it', async () => {
	const who = await person(off), friend = new Person(off);

	for (const path of ['/account/referrals', '/api/me/referrals',
		'/admin/affiliates'])
		is((await who.get(path)).status, 404, `the status of ${path}`);
	await friend.get('/signup?ref=0123456789');
	is(friend.jar.get(COOKIE), undefined, 'the cookie');
	ok(!(await who.get('/account')).text.includes('/account/referrals'),
		'the menu has it');
});
