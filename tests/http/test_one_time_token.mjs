/*
 * A session handed on by a token: once, to one, for three minutes, and never
 * longer than the session lives.
 */
import { Person, SESSION, after, before, eventually, is, matches, ok, person,
	secret, stand, test, times } from './suite.mjs';

const GENERATE = '/api/auth/one-time-token/generate';
const VERIFY = '/api/auth/one-time-token/verify';

let at, closed;

before(async () => {
	[at, closed] = await Promise.all([
		stand({ name: 'ott', config: { 'one_time_token.enabled': true,
			'one_time_token.set_header': true,
			'multi_session.enabled': true } }),
		stand({ name: 'ottclosed', config: {
			'one_time_token.enabled': true,
			'one_time_token.disable_client_request': true } }),
	]);
});
after(async () => {
	is((await at.stop()).code, 0, 'the exit status');
	is((await closed.stop()).code, 0, 'the exit status');
});

async function tokenOf(who) {
	const response = await who.get(GENERATE);

	is(response.status, 200, 'the status');
	matches(response.json().token, /^[A-Za-z0-9_-]{32}$/, 'the token');
	return secret(response.json().token);
}

const verify = (token, who = new Person(at)) => who.json(VERIFY, { token });

async function refused(token, message = 'Invalid token') {
	const response = await verify(token);

	is(response.status, 400, 'the status');
	is(response.text, JSON.stringify({ message }), 'the body');
	is(response.cookies.length, 0, 'the cookies');
}

test('a token hands on the very same session, once', async () => {
	const who = await person(at);
	const other = new Person(at);
	const token = await tokenOf(who);
	const { id } = (await who.session()).session;
	const response = await verify(token, other);

	is(response.status, 200, 'the status');
	is(response.json().session.id, id, 'the session');
	is(response.json().user.email, who.email, 'the user');
	is((await other.session()).session.id, id, 'in the other browser');
	await refused(token);
});

test('of a hundred at once, one goes on in it', async () => {
	const token = await tokenOf(await person(at));
	const answers = await times(100, () => verify(token));

	is(answers.filter(({ status }) => status === 200).length, 1,
		'the winners');
	is(answers.filter(({ status }) => status === 400).length, 99,
		'the others');
});

test('a token ends with its session, however that ends', async () => {
	for (const [end, message] of [
		[(who) => who.json('/api/auth/sign-out', {}),
			'Session not found'],
		[(who) => who.json('/api/auth/revoke-sessions', {}),
			'Session not found'],
		[(who) => at.psql(`UPDATE users SET banned = true
			WHERE id = '${who.id}'`), 'Session not found'],
		[(who) => at.psql(`UPDATE sessions SET expires_at = now()
			WHERE user_id = '${who.id}'`), 'Session expired'],
		[(who) => at.psql(`DELETE FROM users
			WHERE id = '${who.id}'`), 'Invalid token']]) {
		const who = await person(at);
		const token = await tokenOf(who);

		await end(who);
		await refused(token, message);
		await refused(token);
	}
});

test('a token that is unknown, old or no text opens nothing', async () => {
	const token = await tokenOf(await person(at));

	await at.psql('UPDATE verifications SET expires_at = now()');
	await refused(token);
	await refused('');
	await refused('x'.repeat(5000));
	is((await verify(7)).json().code, 'VALIDATION_ERROR', 'the code');
});

test('the database shows neither the token nor what it opens', async () => {
	const who = await person(at);
	const token = await tokenOf(who);
	const session = (await who.session()).session.token;
	const rows = JSON.stringify(await at.psql(`SELECT v::text AS row,
		encode(value, 'escape') AS value FROM verifications v`));

	ok(!rows.includes(token), 'it shows the token');
	ok(!rows.includes(session), 'it shows the session');
});

test('another site cannot sign somebody in with a token of its own',
	async () => {
		const token = await tokenOf(await person(at));
		const response = await new Person(at, 'https://evil.example')
			.json(VERIFY, { token });

		is(response.status, 403, 'the status');
		is((await verify(token)).status, 200, 'it is still good');
	});

test('nobody signed in gets no token, and clients none where it is closed',
	async () => {
		is((await new Person(at).get(GENERATE)).status, 401, 'nobody');

		const response = await (await person(closed)).get(GENERATE);

		is(response.status, 400, 'the status');
		is(response.text, '{"message":"Client requests are disabled"}',
			'the body');
	});

test('where it is set, a new session brings its token along', async () => {
	const who = new Person(at);
	const response = await who.json('/api/auth/sign-up/email', {
		name: 'A', email: who.email, password: 'correct horse battery' });
	const token = secret(response.header('set-ott'));

	matches(response.header('access-control-expose-headers'), /set-ott/);
	is((await verify(token)).json().user.email, who.email, 'the user');
	is((await who.json('/api/auth/update-user', { name: 'B' }))
		.header('set-ott'), null, 'of a session that goes on');
});

test('a browser that holds the session already keeps it', async () => {
	const who = await person(at);
	const response = await verify(await tokenOf(who), who);
	const { id } = (await who.session()).session;

	is(response.status, 200, 'the status');
	is((await at.psql(`SELECT count(*) AS n FROM sessions
		WHERE id = '${id}'`))[0].n, 1, 'the session');
	is(response.cookies.filter((line) => line.startsWith(SESSION)).length,
		1, 'the cookies');
});

test('who went on is in the audit trail', async () => {
	const who = await person(at);

	await verify(await tokenOf(who));
	await eventually('an audit row', async () => (await at.psql(`SELECT
		FROM audit WHERE action = 'session.hand-on'
		AND target_id = '${who.id}'`)).length === 1);
});
