/*
 * Names to sign in by: who may have which, that a name opens what the e-mail
 * address opens and nothing more, and what the pages make of it.
 */
import { PASSWORD, Person, after, before, is, matches, ok, patiently,
	stand, test, times } from './suite.mjs';

const SIGN_UP = '/api/auth/sign-up/email';
const BY_NAME = '/api/auth/sign-in/username';
const TAKEN = 'USERNAME_IS_ALREADY_TAKEN';

let at, stays, off, names = 0;

before(async () => {
	[at, stays, off] = await Promise.all([
		stand({ name: 'username', config: { 'username.enabled': true,
			'user.fields': 'colour:string' } }),
		stand({ name: 'stays', config: { 'username.enabled': true,
			'username.immutable': true } }),
		stand({ name: 'nameless' }),
	]);
});
after(async () => {
	is((await at.stop()).code, 0, 'the exit status');
	is((await stays.stop()).code, 0, 'the exit status');
	is((await off.stop()).code, 0, 'the exit status');
});

const freshName = () => `Name.${process.pid}_${names++}`;

function signUp(who, body) {
	return patiently(() => who.json(SIGN_UP, { name: 'A Person',
		password: PASSWORD, ...body }));
}

/* Somebody with a name. */
async function named(more = {}, where = at) {
	const who = new Person(where);

	who.name = freshName();
	is((await signUp(who, { email: who.email, username: who.name,
		...more })).status, 200, 'the status of a sign-up');
	return who;
}

function signIn(who, username, password = PASSWORD, more = {}) {
	return who.json(BY_NAME, { username, password, ...more });
}

async function refused(response, status, code) {
	is(response.status, status, 'the status');
	is(response.json().code, code, 'the code');
	is(response.cookies.length, 0, 'the number of cookies');
}

async function available(username) {
	return (await new Person(at).json('/api/auth/is-username-available',
		{ username })).json().available;
}

/* ---- signing in ------------------------------------------------------------ */

test('a name opens what the address opens, in any case of letters',
	async () => {
		const { name } = await named();
		const who = new Person(at);
		const response = await signIn(who, name.toUpperCase());

		is(response.status, 200, 'the status');
		is(response.json().user.username, name.toLowerCase(),
			'the name');
		is(response.json().user.displayUsername, name, 'as typed');
		ok(await who.session() !== null, 'no session');
	});

test('wrong name, wrong password and nothing at all answer alike',
	async () => {
		const { name } = await named();
		const who = new Person(at);

		for (const [username, password] of [[name, 'wrong password'],
			[freshName(), PASSWORD], ['', PASSWORD], [name, '']])
			await refused(await signIn(who, username, password), 401,
				'INVALID_USERNAME_OR_PASSWORD');
	});

test('what cannot be a name is told so, before any password is looked at',
	async () => {
		for (const [username, code] of [['ab', 'USERNAME_TOO_SHORT'],
			['a'.repeat(31), 'USERNAME_TOO_LONG'],
			['a b c', 'INVALID_USERNAME'],
			['müller', 'INVALID_USERNAME'],
			['a@example.com', 'INVALID_USERNAME']])
			await refused(await signIn(new Person(at), username), 422,
				code);
	});

test('a ban holds for the name, too', async () => {
	const who = await named();

	await at.psql(`UPDATE users SET banned = true
		WHERE email = '${who.email}'`);
	await refused(await signIn(new Person(at), who.name), 403,
		'BANNED_USER');
});

test('a user without password is refused like a wrong one', async () => {
	const who = await named();

	await at.psql(`UPDATE accounts SET password = NULL WHERE user_id =
		(SELECT id FROM users WHERE email = '${who.email}')`);
	await refused(await signIn(new Person(at), who.name), 401,
		'INVALID_USERNAME_OR_PASSWORD');
});

/* ---- choosing -------------------------------------------------------------- */

test('a name that is in use, in whatever letters, is nobody else\'s',
	async () => {
		const { name } = await named();

		is(await available(name.toUpperCase()), false, 'available');
		is(await available(freshName()), true, 'available');
		await refused(await new Person(at).json(SIGN_UP, { name: 'B',
			email: new Person(at).email, password: PASSWORD,
			username: name.toUpperCase() }), 400, TAKEN);
	});

test('of 40 who want one name at once, one gets it', async () => {
	const username = freshName();
	const answers = await times(40, () => signUp(new Person(at), {
		email: `${freshName()}@example.com`, username }));
	const won = answers.filter(({ status }) => status === 200);

	is(won.length, 1, 'the number of winners');
	for (const answer of answers.filter((one) => one !== won[0]))
		await refused(answer, 400, TAKEN);
});

test('of 20 users who change to one name at once, one gets it', async () => {
	const people = await times(20, () => named());
	const username = freshName();
	const answers = await Promise.all(people.map((who) =>
		who.json('/api/auth/update-user', { username })));

	is(answers.filter(({ status }) => status === 200).length, 1, 'winners');
	for (const answer of answers.filter(({ status }) => status !== 200))
		is(answer.json().code, TAKEN, 'the code');
});

test('each of the two names stands in for the other at sign-up', async () => {
	for (const [sent, username, displayUsername] of [
		[{ username: 'Only.One' }, 'only.one', 'Only.One'],
		[{ username: undefined, displayUsername: 'Only.Shown' },
			'only.shown', 'Only.Shown'],
		[{ username: undefined, displayUsername: 'No name!' }, null,
			'No name!'],
		[{ username: undefined }, null, null],
		[{ username: null, displayUsername: '' }, null, null]]) {
		const who = await named(sent);
		const { user } = await who.session();

		is(user.username, username, 'the name');
		is(user.displayUsername, displayUsername, 'the other');
	}
});

test('an update changes what it names, and takes away what is null',
	async () => {
		const who = await named();
		const update = async (fields, username, displayUsername) => {
			is((await who.json('/api/auth/update-user', fields))
				.status, 200, 'the status');

			const { user } = await who.session();

			is(user.username, username, 'the name');
			is(user.displayUsername, displayUsername, 'the other');
		};

		await update({ displayUsername: 'Somebody' },
			who.name.toLowerCase(), 'Somebody');
		await update({ username: 'Anna.L' }, 'anna.l', 'Somebody');
		await update({ name: 'Anna' }, 'anna.l', 'Somebody');
		await update({ username: null, displayUsername: null }, null,
			null);
		is((await who.json('/api/auth/update-user', { username: 7 }))
			.json().code, 'VALIDATION_ERROR', 'the code');
	});

test('an update says 400 for what cannot be a name', async () => {
	const who = await named();

	for (const [username, code] of [['ab', 'USERNAME_TOO_SHORT'],
		['a'.repeat(31), 'USERNAME_TOO_LONG'],
		['a-b', 'INVALID_USERNAME']]) {
		const response = await who.json('/api/auth/update-user',
			{ username });

		is(response.status, 400, 'the status');
		is(response.json().code, code, 'the code');
	}
});

test('where names stay, the first is the last', async () => {
	const who = await named({}, stays);
	const send = (username) => who.json('/api/auth/update-user',
		{ username });

	await refused(await send(freshName()), 400, 'USERNAME_IS_IMMUTABLE');
	await refused(await send(null), 400, 'USERNAME_IS_IMMUTABLE');
	is((await send(who.name.toUpperCase())).status, 200, 'the same name');
	matches((await who.get('/account')).text,
		/name="username"[^>]* readonly/, 'the field');
});

/* ---- pages ----------------------------------------------------------------- */

test('the sign-in page takes either name', async () => {
	const { name, email } = await named();

	for (const word of [name, name.toLowerCase(), email]) {
		const who = new Person(at);

		is((await who.post('/login', { email: word,
			password: PASSWORD })).header('location'), '/account',
		'the place to go');
	}
	matches((await new Person(at).get('/login')).text,
		/E-mail or username/, 'the label');
});

test('the sign-in page says the same of an unknown name and a wrong password',
	async () => {
		const { name } = await named();

		for (const email of [name, freshName()]) {
			const page = await new Person(at).post('/login',
				{ email, password: 'wrong password' });

			is(page.status, 401, 'the status');
			matches(page.text, /Invalid username or password/);
		}
	});

test('a name may be chosen at sign-up and changed on the profile',
	async () => {
		const who = new Person(at);
		const name = freshName();

		is((await who.post('/signup', { name: 'Anna', email: who.email,
			password: PASSWORD, username: name })).header('location'),
		'/account', 'the place to go');
		matches((await who.get('/account')).text,
			new RegExp(`name="username" value="${name}"`));
		await who.post('/account', { name: 'Anna', username: 'No way!' });
		is((await who.session()).user.displayUsername, name, 'the name');
		await who.post('/account', { name: 'Anna', username: `${name}x` });
		is((await who.session()).user.displayUsername, `${name}x`,
			'the name');
		await who.post('/account', { name: 'Anna', username: '' });
		is((await who.session()).user.username, null, 'the name');
	});

test('saving the profile keeps a display name that is another', async () => {
	const who = await named({ displayUsername: 'Somebody Else' });

	await who.post('/account', { name: 'Anna',
		username: who.name.toLowerCase() });
	is((await who.session()).user.displayUsername, 'Somebody Else',
		'the name');
});

test('without a name the pages work as before', async () => {
	const who = new Person(at);

	is((await who.post('/signup', { name: 'Anna', email: who.email,
		password: PASSWORD, username: '' })).status, 303, 'the status');
	is((await who.session()).user.username, null, 'the name');
});

test('while names are off they are one of the members nobody asked for',
	async () => {
		const who = new Person(off);

		is((await who.json(SIGN_UP, { name: 'A', email: who.email,
			password: PASSWORD, username: 7 })).status, 200,
		'the status');
		ok(!('username' in (await who.session()).user), 'it is there');
		is((await signIn(who, 'somebody')).status, 404, 'the status');
		ok(!(await new Person(off).get('/signup')).text
			.includes('name="username"'), 'a field on the page');
	});
