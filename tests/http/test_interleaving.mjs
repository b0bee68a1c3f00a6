/*
 * What takes a right away takes it from the very next request, whichever
 * worker gets that: ten thousand times in random order, with requests in
 * flight before, meanwhile and after.
 *
 * Straight to the workers by FastCGI. TG_SEED repeats a run's choices,
 * TG_ROUNDS is how many there are.
 */
import { createHash } from 'node:crypto';
import { ask } from '../lib/fcgi.mjs';
import { PASSWORD, after, before, is, ok, oneOf, person, stand, test, times }
	from './suite.mjs';

const ROUNDS = Number(process.env.TG_ROUNDS ?? 10000);
const AT_ONCE = 16;
const SEED = Number(process.env.TG_SEED ?? Date.now() % 2 ** 31);

let at, admin, seed = SEED;

/* ---- chance ---------------------------------------------------------------- */

function chance(below) {
	seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
	return (seed >>> 8) % below;
}

function turns(count) {
	return count === 0 ? null :
		new Promise((resolve) => setImmediate(resolve))
			.then(() => turns(count - 1));
}

/* ---- people ---------------------------------------------------------------- */

function token(name, i) {
	return createHash('md5').update(`${name}${i}`).digest('hex');
}

/* Each with the same password and two sessions, a and b. */
async function makePeople() {
	const someone = await person(at);

	await at.psql(`INSERT INTO users (id, name, email, role, created_at,
			updated_at)
		SELECT 'v' || i, 'V', 'v' || i || '@example.com', CASE i % 8
			WHEN 7 THEN 'admin' ELSE 'user' END, now(), now()
		FROM generate_series(0, ${ROUNDS - 1}) i;
		INSERT INTO wallets (id, kind) SELECT id, 'user' FROM users
			WHERE name = 'V';
		INSERT INTO accounts (id, user_id, provider_id, account_id,
			password, created_at, updated_at)
		SELECT 'p' || u.id, u.id, 'credential', u.id, a.password, now(),
			now() FROM users u, accounts a
		WHERE u.name = 'V' AND a.user_id = '${someone.id}';
		INSERT INTO sessions (id, user_id, token_hash, expires_at,
			created_at, updated_at)
		SELECT s || i, 'v' || i, sha256(md5(s || i)::bytea), now() +
			interval '1 day', now(), now()
		FROM generate_series(0, ${ROUNDS - 1}) i,
			unnest('{a,b}'::text[]) s;
		ANALYZE users, sessions, accounts`);
}

/* ---- requests -------------------------------------------------------------- */

async function call(bearer, method, path, body) {
	const answer = await ask(at.socket, { method, uri: path,
		headers: { Authorization: `Bearer ${bearer}` },
		values: body === undefined ? {} :
			{ CONTENT_TYPE: 'application/json' },
		body: body === undefined ? '' : JSON.stringify(body) });

	ok(answer.status < 500, `${path} answers ${answer.status}`);
	answer.id = answer.headers.find(([name]) =>
		name === 'x-request-id')?.[1];
	return answer;
}

const post = (bearer, path, body) =>
	call(bearer, 'POST', `/api/auth/${path}`, body);

/* Three ways to be let in; each says whether one was. */
const doors = [
	async (bearer) => {
		const answer = await call(bearer, 'GET', '/api/auth/get-session');

		is(answer.status, 200, 'the status of get-session');
		return { answer, inside: answer.body !== 'null' };
	},
	async (bearer) => {
		const answer = await call(bearer, 'GET', '/api/me');

		oneOf(answer.status, [200, 401], 'the status of /api/me');
		return { answer, inside: answer.status === 200 };
	},
	async (bearer) => {
		const answer = await post(bearer, 'update-user', { name: 'V' });

		/* 404: the user went away while it was at work. */
		oneOf(answer.status, [200, 401, 404],
			'the status of update-user');
		return { answer, inside: answer.status === 200 };
	},
];

async function adminDoor(bearer) {
	const answer = await call(bearer, 'GET',
		'/api/auth/admin/list-users?limit=1');

	oneOf(answer.status, [200, 401, 403], 'the status of list-users');
	return { answer, inside: answer.status === 200 };
}

/* What ends what: by whom it is done, and whose sessions are out then. */
const both = (i) => [token('a', i), token('b', i)];
const second = (i) => [token('b', i)];
const acts = {
	'revoke-session': { out: second, act: (i) => post(token('a', i),
		'revoke-session', { token: token('b', i) }) },
	'revoke-other-sessions': { out: second, act: (i) => post(token('a', i),
		'revoke-other-sessions', {}) },
	'revoke-sessions': { out: both, act: (i) => post(token('a', i),
		'revoke-sessions', {}) },
	'change-password': { out: both, act: (i) => post(token('a', i),
		'change-password', { currentPassword: PASSWORD,
			newPassword: 'another password',
			revokeOtherSessions: true }) },
	'ban-user': { out: both, act: (i) => post(admin, 'admin/ban-user',
		{ userId: `v${i}` }) },
	'remove-user': { out: both, act: (i) => post(admin,
		'admin/remove-user', { userId: `v${i}` }) },
	'revoke-user-sessions': { out: both, act: (i) => post(admin,
		'admin/revoke-user-sessions', { userId: `v${i}` }) },
	/* the last, of those who are administrators */
	'set-role': { out: both, door: adminDoor, act: (i) => post(admin,
		'admin/set-role', { userId: `v${i}`, role: 'user' }) },
};
const kinds = Object.entries(acts);

/* ---- one round ------------------------------------------------------------- */

const pairs = [];	/* ids of what was done, and of what was asked then */

async function round(i) {
	const [name, { out, act, door }] = kinds[i % kinds.length];
	const through = () => door ?? doors[chance(doors.length)];
	const [before_, meanwhile] = [chance(2), chance(3)];
	const flying = [];

	/* Caught at once, so that it waits for us to look at it. */
	const fly = () => flying.push(through()(out(i).at(-1)).then(
		() => null, (error) => error));

	for (let n = 0; n < before_; n++)
		fly();

	const done = act(i);

	for (let n = 0; n < meanwhile; n++) {
		await turns(chance(4));
		fly();
	}

	const answer = await done;

	is(answer.status, 200, `the status of ${name}: ${answer.body}`);
	for (const { answer: after_, inside } of await Promise.all(
		out(i).map((bearer) => through()(bearer)))) {
		ok(!inside, `${name}: round ${i} of seed ${SEED} let in`);
		pairs.push([answer.id, after_.id]);
	}
	for (const error of await Promise.all(flying))
		if (error !== null)
			throw error;
}

before(async () => {
	at = await stand({ name: 'interleaving', config: {
		'admin.enabled': true, 'worker.count': 8 } });

	const root = await person(at, 'super_admin');

	admin = (await root.signIn()).json().token;
	await makePeople();
});

after(async () => is((await at.stop()).code, 0, 'the exit status'));

test('everybody is in at first', async () => {
	for (const i of [0, 7, 8, ROUNDS - 1])
		for (const bearer of both(i))
			ok((await doors[1](bearer)).inside, `v${i} is out`);
	ok((await adminDoor(token('b', 7))).inside, 'v7 is no administrator');
});

test(`${ROUNDS} times what was taken away is gone at once`, async () => {
	let next = 0;

	await times(AT_ONCE, async () => {
		while (next < ROUNDS)
			await round(next++);
	});
});

test('most of it was asked of another worker', () => {
	const pid = new Map(at.log().map((line) => [line.requestId, line.pid]));
	const known = pairs.filter(([a, b]) => pid.has(a) && pid.has(b));
	const apart = known.filter(([a, b]) => pid.get(a) !== pid.get(b));

	ok(known.length > ROUNDS, `${known.length} pairs were logged`);
	ok(apart.length > known.length / 2,
		`${apart.length} of ${known.length} were`);
});
