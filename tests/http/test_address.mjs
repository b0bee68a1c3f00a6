/*
 * Addresses: how one is proved and changed, and which link is good for what.
 */
import { mailToken } from '../lib/letters.mjs';
import { PASSWORD, Person, after, before, is, lettersTo, matches, ok, person,
	secret, stand, test, times } from './suite.mjs';

const VERIFY = '/api/auth/verify-email';
const CHANGE = '/api/auth/change-email';

let at, strict;
let serial = 0;

before(async () => {
	const config = { 'mail.per_recipient': 0 };

	[at, strict] = await Promise.all([
		stand({ name: 'address', config }),
		stand({ name: 'strict', config: { ...config,
			'password.require_verification': true,
			'verification.auto_sign_in': true } }),
	]);
});
after(async () => {
	is((await at.stop()).code, 0, 'the exit status');
	is((await strict.stop()).code, 0, 'the exit status');
});

const fresh = () => `moved${process.pid}x${serial++}@example.com`;
const now = () => Math.floor(Date.now() / 1000);

/* The path of the last letter of a kind to somebody. */
async function linkTo(email, kind, on = at) {
	const { url } = (await lettersTo(on, email, kind)).at(-1);

	secret(url);
	return url.replace(on.url, '');
}

/* The same link for a program: it gets JSON. */
async function plainLinkTo(...which) {
	return (await linkTo(...which)).replace(/&callbackURL=.*/, '');
}

async function userOf({ id }, on = at) {
	return (await on.psql(`SELECT email, email_verified AS verified
		FROM users WHERE id = '${id}'`))[0];
}

async function verified(on = at) {
	const who = await person(on);

	await on.psql(`UPDATE users SET email_verified = true
		WHERE id = '${who.id}'`);
	return who;
}

const code = (response) => response.json().code;
const get = (path, on = at) => new Person(on).get(path);
const token = (claims, on = at) => secret(mailToken(
	on.settings['server.secret'], { iat: now(), exp: now() + 60,
		...claims }));

/* ---- proving --------------------------------------------------------------- */

test('a link verifies the address; once is enough', async () => {
	const who = await person(at);

	await who.json('/api/auth/send-verification-email',
		{ email: who.email });

	const path = await plainLinkTo(who.email, 'verify-email');

	for (const response of await times(10, () => get(path)))
		is(response.text, '{"status":true,"user":null}', 'the answer');
	ok((await userOf(who)).verified, 'it is not verified');
	is((await at.psql(`SELECT count(*) AS n FROM audit WHERE action =
		'email.verify' AND target_id = '${who.id}'`))[0].n, 1,
	'the number of audit rows');
});

test('a link is useless after the address has changed', async () => {
	const who = await person(at);
	const email = fresh();

	await who.json('/api/auth/send-verification-email',
		{ email: who.email });
	await at.psql(`UPDATE users SET email = '${email}'
		WHERE id = '${who.id}'`);
	is(code(await get(await plainLinkTo(who.email, 'verify-email'))),
		'USER_NOT_FOUND', 'the code');
	ok(!(await userOf(who)).verified, 'it is verified');
});

test('a link proves nothing for who got the address after it', async () => {
	const who = await person(at);
	const path = `${VERIFY}?token=${token({ email: who.email,
		iat: now() - 60 })}`;

	is(code(await get(path)), 'INVALID_TOKEN', 'the code');
});

test('a token that is not ours to the letter is refused', async () => {
	const { email } = await person(at);
	const claims = { email, iat: now(), exp: now() + 60 };
	const head = (header) => [header, claims].map((part) =>
		Buffer.from(JSON.stringify(part)).toString('base64url'))
		.join('.');
	const right = token({ email });

	for (const text of ['', '.', '..', 'a.b.c', right.slice(0, -1),
		`${right}.x`, `${right}=`, `${head({ alg: 'none' })}.`,
		`${head({ alg: 'HS256' })}.`, mailToken('another', claims),
		token({ email, sub: 'u1' }), token({ email, exp: '9999999999' }),
		'a'.repeat(5000)])
		is(code(await get(`${VERIFY}?token=${text}`)),
			'INVALID_TOKEN', text.slice(0, 60));
	is(code(await get(`${VERIFY}?token=${token({ email,
		exp: now() - 1 })}`)), 'TOKEN_EXPIRED', 'an old one');
});

test('a link signs in at most one of many, and nobody who is banned',
	async () => {
		const who = new Person(strict);
		const other = new Person(strict);

		for (const one of [who, other])
			await one.json('/api/auth/sign-up/email', { name: 'A',
				email: one.email, password: PASSWORD });

		const path = await plainLinkTo(who.email, 'verify-email', strict);
		const answers = await times(20, () => get(path, strict));

		ok(answers.every(({ status }) => status === 200), 'a status');
		is(answers.filter(({ cookies }) => cookies.length > 0).length,
			1, 'the number of sessions');
		await strict.psql(`UPDATE users SET banned = true
			WHERE email = '${other.email}'`);

		const answer = await get(await plainLinkTo(other.email,
			'verify-email', strict), strict);

		is(answer.status, 200, 'the status of who is banned');
		is(answer.cookies.length, 0, 'the number of cookies');
	});

test('a link that signs in leaves somebody else signed in', async () => {
	const who = new Person(strict), other = new Person(strict);

	for (const one of [who, other])
		await one.json('/api/auth/sign-up/email', { name: 'A',
			email: one.email, password: PASSWORD });
	await other.get(await plainLinkTo(other.email, 'verify-email', strict));

	const mine = (await other.session()).session.id;

	await other.get(await plainLinkTo(who.email, 'verify-email', strict));
	is((await other.session()).session.id, mine, 'the session');
});

/* ---- changing -------------------------------------------------------------- */

test('a verified address agrees first, and hears of it afterwards',
	async () => {
		const who = await verified();
		const email = fresh();

		is((await who.json(CHANGE, { newEmail: email })).status, 200,
			'the status');
		is((await lettersTo(at, email)).length, 0, 'letters to the new one');

		const agree = await plainLinkTo(who.email,
			'change-email-confirmation');

		is((await get(agree)).text, '{"status":true}', 'the answer');
		is((await userOf(who)).email, who.email, 'the address');

		const prove = await plainLinkTo(email, 'verify-email');
		const answer = await get(prove);

		is(answer.json().user.email, email, 'the address');
		is(answer.cookies.length, 0, 'the number of cookies');
		is((await lettersTo(at, who.email, 'change-email-done'))[0].newEmail,
			email, 'what the old address is told');
		is(code(await get(prove)), 'USER_NOT_FOUND', 'the second time');
		is(code(await get(agree)), 'USER_NOT_FOUND', 'the first link');
	});

test('links to change an address are good for their user only', async () => {
	const who = await person(at), other = await person(at);
	const email = fresh();

	await who.json(CHANGE, { newEmail: email });

	const path = await plainLinkTo(email, 'verify-email');

	is(code(await other.get(path)), 'INVALID_USER', 'of somebody else');
	is((await userOf(who)).email, who.email, 'the address');
});

test('the secret alone changes nobody\'s address', async () => {
	const who = await person(at), thief = await person(at);

	/* with a proof that was made for the thief, too */
	await thief.json(CHANGE, { newEmail: fresh() });

	const { jti } = JSON.parse(Buffer.from((await at.letters()).at(-1).url
		.split('.').at(-2), 'base64url'));
	const claims = { email: who.email, updateTo: fresh(), userId: who.id,
		requestType: 'change-email-verification', jti };

	for (const change of [{}, { jti: undefined }, { jti: 'none' },
		{ userId: undefined }, { userId: thief.id },
		{ requestType: undefined }, { requestType:
			'change-email-confirmation' }])
		is(code(await get(`${VERIFY}?token=${token({ ...claims,
			...change })}`)), 'INVALID_TOKEN',
		JSON.stringify(change));
	is((await userOf(who)).email, who.email, 'the address');
});

test('who is banned stays where he is', async () => {
	const who = await person(at);
	const email = fresh();

	await who.json(CHANGE, { newEmail: email });
	await at.psql(`UPDATE users SET banned = true
		WHERE id = '${who.id}'`);
	is(code(await get(await plainLinkTo(email, 'verify-email'))),
		'BANNED_USER', 'the code');
	is((await userOf(who)).email, who.email, 'the address');
});

test('an address taken meanwhile stays with who has it', async () => {
	const who = await person(at);
	const other = new Person(at);

	other.email = fresh();
	await who.json(CHANGE, { newEmail: other.email });
	await other.signUp();
	is(code(await get(await plainLinkTo(other.email, 'verify-email'))),
		'INVALID_TOKEN', 'the code');
	is((await userOf(who)).email, who.email, 'the address');
});

test('a taken address is not told from a free one', async () => {
	const who = await person(at), other = await person(at);
	const ask = async (newEmail) => {
		const [old] = await at.psql('SELECT count(*) FROM letters');
		const response = await who.json(CHANGE, { newEmail });
		const [latest] = await at.psql('SELECT count(*) FROM letters');

		return `${response.status} ${response.text} ${latest.count -
			old.count}`;
	};

	is(await ask(other.email), await ask(fresh()), 'the answer');
	is((await lettersTo(at, other.email, 'verify-email')).length, 0,
		'the letters to who has it');
});

test('whoever has an older link to a password loses it with the address',
	async () => {
		const who = await person(at);
		const email = fresh();

		await new Person(at).json('/api/auth/request-password-reset',
			{ email: who.email });

		const reset = new URL(await linkTo(who.email, 'reset-password'),
			at.url).pathname.split('/').at(-1);

		await who.json(CHANGE, { newEmail: email });
		await get(await plainLinkTo(email, 'verify-email'));
		is((await userOf(who)).email, email, 'the address');
		is(code(await new Person(at).json('/api/auth/reset-password',
			{ token: reset, newPassword: PASSWORD })),
		'INVALID_TOKEN', 'the code');
	});

test('a person changes the address on our pages', async () => {
	const who = await verified();
	const email = fresh();
	const form = (password) => who.post('/account/email', {
		newEmail: email, currentPassword: password });

	is((await form('wrong wrong wrong')).status, 400, 'the status');
	is((await form(PASSWORD)).header('location'), '/account', 'the place');

	const agreed = await who.get(await linkTo(who.email,
		'change-email-confirmation'));

	is(agreed.header('location'), '/verify-email?done=agreed', 'the place');
	matches((await who.get(agreed.header('location'))).text,
		/One more step/, 'the page');

	const changed = await who.get(await linkTo(email, 'verify-email'));

	is(changed.header('location'), '/verify-email?done=changed',
		'the place');
	matches((await who.get('/account')).text, new RegExp(email),
		'the page');
});

test('a person who is not verified is reminded, and may ask again',
	async () => {
		const who = await person(at);

		matches((await who.get('/account')).text,
			/not confirmed yet/, 'the page');
		is((await who.post('/verify-email')).header('location'),
			'/verify-email?sent=1', 'the place');

		const path = await linkTo(who.email, 'verify-email');
		const followed = await who.get(path);

		is(followed.header('location'), '/verify-email?done=verified',
			'the place');
		matches((await who.get(followed.header('location'))).text,
			/Your address is confirmed/, 'the page');
		ok(!(await who.get('/account')).text.includes(
			'not confirmed yet'), 'still reminded');
		matches((await new Person(at).get('/verify-email?error=' +
			'TOKEN_EXPIRED')).text, /It is too old/, 'the page');
	});

/* ---- switches -------------------------------------------------------------- */

async function on(config, work) {
	const other = await stand({ name: 'switch', config });

	await work(other, await person(other));
	is((await other.stop()).code, 0, 'the exit status');
}

test('an address that is not verified is replaced at once where that is wanted',
	() => on({ 'user.update_email_without_verification': true },
		async (other, who) => {
			const email = fresh();
			const answer = await who.json(CHANGE,
				{ newEmail: email });

			is(answer.cookies.length, 1, 'the number of cookies');
			is((await userOf(who, other)).email, email,
				'the address');
			ok(!(await userOf(who, other)).verified, 'verified');
			is((await lettersTo(other, email, 'verify-email')).length,
				1, 'letters to the new address');
			is((await lettersTo(other, who.email,
				'change-email-done')).length, 0,
			'letters to the old one');
		}));

test('where letters are off, so is what needs them', () =>
	on({ 'verification.enabled': false }, async (other, who) => {
		is(code(await who.json('/api/auth/send-verification-email',
			{ email: who.email })), 'VERIFICATION_EMAIL_NOT_ENABLED',
		'the code');
		is((await who.json(CHANGE, { newEmail: fresh() })).text,
			'{"message":"Verification email isn\'t enabled"}',
			'the answer');
		is((await who.get('/verify-email')).status, 404, 'the page');
		ok(!(await who.get('/account')).text.includes(
			'not confirmed yet'), 'reminded');
	}));

test('the page about an address says what there is to say', async () => {
	const who = await verified();

	matches((await who.get('/verify-email')).text,
		/<h1>Your address is confirmed/, 'a confirmed one');

	const again = await who.post('/verify-email', {});

	is(again.status, 400, 'the status');
	matches(again.text, /Email is already verified/, 'why');
});

test('where addresses stay, nothing offers to change them', () =>
	on({ 'user.change_email': false }, async (other, who) => {
		is(code(await who.json(CHANGE, { newEmail: fresh() })),
			'CHANGE_EMAIL_DISABLED', 'the code');
		is((await who.get('/account/email')).status, 404, 'the page');
		ok(!(await who.get('/account')).text.includes('/account/email'),
			'there is a link');
	}));

test('without confirmation, only the new address is asked', () =>
	on({ 'user.change_email_confirmation': false }, async (other, who) => {
		const email = fresh();

		await other.psql('UPDATE users SET email_verified = true');
		await who.json(CHANGE, { newEmail: email });
		await get(await plainLinkTo(email, 'verify-email', other), other);
		is((await userOf(who, other)).email, email, 'the address');
		is((await lettersTo(other, who.email, 'change-email-done'))
			.length, 1, 'letters to the old one');
	}));
