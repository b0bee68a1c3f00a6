/*
 * A hundred at once: what may happen once happens once, and nobody is told of
 * an accident. Hashes are cheap here: where they are not, some of a hundred are
 * asked to come again, which test_login_storm.mjs looks at.
 */
import { after, before, is, PASSWORD, request, stand, test, times }
	from './suite.mjs';

const CROWD = 100;

let at;

before(async () => {
	at = await stand({ name: 'races', config: { 'worker.count': 8 } });
});
after(async () => is((await at.stop()).code, 0, 'the exit status'));

function counts(answers) {
	const seen = {};

	for (const { status } of answers)
		seen[status] = (seen[status] ?? 0) + 1;
	return JSON.stringify(seen);
}

/* Of a hundred exactly one has this status, the others the other one. */
function oneWins(answers, status, other) {
	is(counts(answers), JSON.stringify({ [status]: 1,
		[other]: CROWD - 1 }), 'the statuses');
}

function post(path, body) {
	return request(at.url, { method: 'POST', path,
		headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify(body) });
}

test('a hundred sign-ups of one address make one user', async () => {
	const email = `crowd${process.pid}@example.com`;
	const answers = await times(CROWD, (i) => post(
		'/api/auth/sign-up/email', { name: `Crowd ${i}`,
			password: PASSWORD,
			email: i % 2 ? email : email.toUpperCase()
				.replace('EXAMPLE.COM', 'example.com') }));
	const [{ users, wallets, sessions }] = await at.psql(`SELECT
		(SELECT count(*) FROM users WHERE email = '${email}') AS users,
		(SELECT count(*) FROM wallets w JOIN users u ON u.id = w.id
			WHERE email = '${email}') AS wallets,
		(SELECT count(*) FROM sessions s JOIN users u
			ON u.id = user_id WHERE email = '${email}') AS sessions`);

	oneWins(answers, 200, 422);
	is(users, 1, 'the number of users');
	is(wallets, 1, 'the number of their wallets');
	is(sessions, 1, 'the number of their sessions');
});
