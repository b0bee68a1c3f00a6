/*
 * Figures for Prometheus: who may read them, that promtool agrees with their
 * form, and that they are right.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { ask } from '../lib/fcgi.mjs';
import { SOURCE } from '../lib/paths.mjs';
import { PASSWORD, Person, after, before, eventually, is, matches, ok, person,
	request, secret, stand, test, times } from './suite.mjs';

const TOKEN = secret('metricsTokenOfTheOperator0123456789');
const WORKERS = 4;
const SIGN_IN = '/api/auth/sign-in/email';

let at, guarded;

before(async () => {
	[at, guarded] = await Promise.all([
		stand({ name: 'metrics', config: { 'worker.count': WORKERS,
			'mail.smtp_url': 'smtp://127.0.0.1:1' } }),
		stand({ name: 'guarded', config: { 'metrics.token': TOKEN } }),
	]);
});
after(async () => {
	is((await at.stop()).code, 0, 'the exit status');
	is((await guarded.stop()).code, 0, 'the exit status');
});

/* ---- reading --------------------------------------------------------------- */

async function text(where = at) {
	const response = await request(where.url, { path: '/metrics' });

	is(response.status, 200, 'the status');
	return response.text;
}

/* { 'name{labels}': number } */
async function figures() {
	return Object.fromEntries((await text()).split('\n').filter((line) =>
		line !== '' && !line.startsWith('#')).map((line) => {
		const space = line.lastIndexOf(' ');

		return [line.slice('tollgate_'.length, space),
			Number(line.slice(space + 1))];
	}));
}

/* By how much the figures grow while work runs; what does not is left out.
 * A request is counted after its answer has left. */
async function growth(work, wanted) {
	const old = await figures();

	await work();
	return eventually(JSON.stringify(wanted), async () => {
		const now = await figures();
		const grown = Object.fromEntries(Object.entries(now).map(
			([name, value]) => [name, value - (old[name] ?? 0)])
			.filter(([, by]) => by !== 0));

		return Object.entries(wanted).every(([name, by]) =>
			grown[name] === by) && grown;
	}, 3000);
}

function promtool(args, input = '') {
	return new Promise((resolve, reject) => {
		const child = spawn('promtool', args,
			{ cwd: path.join(SOURCE, 'docs') });
		let said = '';

		child.stdout.on('data', (part) => said += part);
		child.stderr.on('data', (part) => said += part);
		child.on('error', reject);
		child.on('close', (code) => resolve({ code, said }));
		child.stdin.end(input);
	});
}

/* ---- who may ---------------------------------------------------------------- */

function asked(where, { from = '127.0.0.1', headers = {}, values = {} } = {}) {
	return ask(where.socket, { uri: '/metrics', headers,
		values: { REMOTE_ADDR: from, ...values } });
}

test('this machine may read them, nobody else', async () => {
	for (const from of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])
		is((await asked(at, { from })).status, 200, from);
	for (const from of ['192.0.2.1', '10.0.0.1', '::2', '2001:db8::1', '',
		'localhost', '128.0.0.1', '0.0.0.0', '::'])
		is((await asked(at, { from })).status, 404, from);
});

test('a proxy on this machine does not open them to the world', async () => {
	for (const name of ['X-Forwarded-For', 'X-Forwarded-Host',
		'X-Forwarded-Proto', 'X-Forwarded-Port', 'X-Forwarded-Server',
		'X-Forwarded-Uri', 'X-Real-IP', 'Forwarded', 'Via', 'Client-IP',
		'True-Client-IP', 'CF-Connecting-IP'])
		for (const value of ['127.0.0.1', '192.0.2.1', ''])
			is((await asked(at, { headers: { [name]: value } }))
				.status, 404, `${name}: ${value}`);
});

test('with a token, whoever has it may, and nobody else', async () => {
	const bearer = (value, from) => asked(guarded, { from,
		headers: value === undefined ? {} : { Authorization: value } });

	for (const value of [undefined, '', 'Bearer', 'Bearer ', TOKEN,
		`Basic ${TOKEN}`, `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`,
		`Bearer ${TOKEN} `, 'Bearer null'])
		is((await bearer(value)).status, 401, `${value}`);
	for (const from of ['127.0.0.1', '192.0.2.1', ''])
		is((await bearer(`Bearer ${TOKEN}`, from)).status, 200, from);
	is((await asked(guarded, { headers: { Authorization: `bearer ${TOKEN}`,
		'X-Forwarded-For': '192.0.2.1' } })).status, 200, 'the status');
	is(JSON.parse((await bearer('Bearer x')).body).code, 'INVALID_TOKEN',
		'the code');
});

test('somebody signed in is not somebody who runs it', async () => {
	const admin = await person(guarded, 'super_admin');

	is((await admin.get('/metrics')).status, 401, 'the status');
});

test('switched off they are not there', async () => {
	const off = await stand({ name: 'unmeasured', config: {
		'metrics.enabled': false } });

	is((await asked(off)).status, 404, 'the status');
	is((await request(off.url, { path: '/metrics' })).status, 404,
		'the status through the web server');
	await off.stop();
});

/* ---- their form ------------------------------------------------------------ */

test('promtool finds nothing wrong with them', async () => {
	const someone = await person(at);

	await someone.get('/account');
	await request(at.url, { path: '/nothing' });

	const { code, said } = await promtool(['check', 'metrics'], await text());

	is(said, '', 'what it says');
	is(code, 0, 'its status');

	const { headers } = await asked(at);

	is(headers.find(([name]) => name === 'content-type')[1],
		'text/plain; version=0.0.4; charset=utf-8', 'the type');
});

test('promtool finds nothing wrong with the samples in docs', async () => {
	for (const args of [['check', 'config', 'prometheus.yml'],
		['check', 'rules', 'alerts.yml']]) {
		const { code, said } = await promtool(args);

		is(code, 0, `${args.join(' ')} (${said})`);
	}
});

function namesIn(file, pattern) {
	return new Set([...fs.readFileSync(path.join(SOURCE, 'docs', file),
		'utf8').matchAll(pattern)].map(([, name]) => name));
}

test('each is explained to operators, and alerts know no other', async () => {
	const there = new Set([...(await text()).matchAll(
		/^# TYPE tollgate_(\w+)/gm)].map(([, name]) => name));
	const explained = namesIn('OPERATING.md', /`([a-z_]+)(?:\{[^`]*)?`/g);
	const missing = [...there].filter((name) => !explained.has(name));
	const alerting = [...namesIn('alerts.yml', /tollgate_(\w+)/g)].map(
		(name) => name.replace(/_bucket$/, ''));

	ok(there.size > 20, `there are ${there.size}`);
	is(missing.join(), '', 'what OPERATING.md does not explain');
	is(alerting.filter((name) => !there.has(name)).join(), '',
		'what alerts ask for in vain');
});

test('each alert is explained to operators', () => {
	const named = namesIn('alerts.yml', /- alert: (\w+)/g);
	const explained = namesIn('OPERATING.md', /^\| `(Tollgate\w+)` \|/gm);

	ok(named.size > 10, `there are ${named.size}`);
	is([...named].sort().join(), [...explained].sort().join(),
		'the alerts');
});

/* ---- that they are right --------------------------------------------------- */

test('requests are counted by route and status, by all workers together',
	async () => {
		const route = 'method="GET",route="/api/auth/get-session"';
		const grown = await growth(() => times(40, () => request(at.url,
			{ path: '/api/auth/get-session' })), {
			[`requests_total{${route},status="200"}`]: 40,
			[`request_duration_seconds_count{${route}}`]: 40,
			[`request_duration_seconds_bucket{${route},le="+Inf"}`]: 40,
		});

		ok(grown[`request_duration_seconds_sum{${route}}`] > 0 &&
			grown[`request_duration_seconds_sum{${route}}`] < 40,
		'the sum of times');
	});

test('what is nowhere is counted as nowhere, whatever it is called', () =>
	growth(() => times(5, (i) => request(at.url, { path: `/no/${i}` })), {
		'requests_total{method="any",route="none",status="404"}': 5 }));

test('paths with a name in them are one route', async () => {
	const admin = await person(at, 'admin_rw');

	await growth(() => times(3, () => admin.get(`/admin/users/${admin.id}`)),
		{ ['requests_total{method="GET",route="/admin/users/:id",' +
			'status="200"}']: 3 });
});

async function signIn(email, password) {
	return request(at.url, { method: 'POST', path: SIGN_IN,
		headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify({ email, password }) });
}

test('sign-ins are counted by how they ended, by whatever door', async () => {
	const someone = await person(at);
	const banned = await person(at);
	const visitor = new Person(at);

	visitor.email = someone.email;
	await at.psql(`UPDATE users SET banned = true WHERE id = '${banned.id}'`);
	await growth(async () => {
		await signIn(someone.email, PASSWORD);
		await visitor.post('/login', { email: someone.email,
			password: PASSWORD });
		await signIn(someone.email, 'wrong wrong wrong');
		await signIn('nobody@example.com', PASSWORD);
		await signIn(banned.email, PASSWORD);
		await signIn('not an address', PASSWORD);
		await signIn(someone.email, 7);
	}, {
		'sign_ins_total{outcome="accepted"}': 2,
		'sign_ins_total{outcome="refused"}': 2,
		'sign_ins_total{outcome="forbidden"}': 1,
		'sign_ins_total{outcome="malformed"}': 2,
		/* one malformed in form is not hashed */
		'hash_wait_seconds_count': 5,
	});
});

test('statements of the database are counted and timed', async () => {
	/* Early: a request is counted after its answer. */
	const someone = await person(at);
	const grown = await growth(() => times(10, () => request(at.url, {
		path: '/api/auth/get-session', headers: { Cookie:
			'better-auth.session_token=none' } })), {});

	is(grown.database_errors_total, undefined, 'the errors');

	const busy = await growth(() => times(10, () => someone.session()),
		{ database_statements_total: 10 });

	ok(busy.database_seconds_total > 0, 'no time passed');
});

test('reading them asks no database', async () => {
	await text();

	const line = await eventually('it is logged', () => at.log().find(
		({ route }) => route === '/metrics'));

	is(line.statements, 0, 'the statements');
});

test('workers are told by what they do, and deaths are counted', async () => {
	/* Who answered the request before may still be at it. */
	const seen = await eventually('one alone is busy', async () => {
		const now = await figures();

		return now['workers{state="busy"}'] === 1 && now;
	});
	const states = Object.entries(seen).filter(([name]) =>
		name.startsWith('workers{'));

	is(states.reduce((sum, [, count]) => sum + count, 0), WORKERS,
		'the number of workers');
	is(seen['workers{state="busy"}'], 1, 'who answers this');
	is(seen.workers_wanted, WORKERS, 'the number there should be');

	const pid = fs.readFileSync(`/proc/${at.pids.tollgate}/task/` +
		`${at.pids.tollgate}/children`, 'utf8').trim().split(' ').find(
		(child) => fs.readFileSync(`/proc/${child}/cmdline`, 'utf8')
			.includes('worker'));

	await growth(() => process.kill(Number(pid), 'SIGKILL'), {
		'process_starts_total{process="worker"}': 1,
		'process_failures_total{process="worker"}': 1 });
});

test('sessions are counted, and the start is told', async () => {
	const [{ n }] = await at.psql('SELECT count(*) AS n FROM sessions');

	await at.restart();

	const seen = await eventually('the janitor has counted', async () => {
		const now = await figures();

		return now.counted_timestamp_seconds > 0 && now;
	});

	is(seen.sessions, Number(n), 'the sessions');
	ok(Math.abs(seen.start_time_seconds - Date.now() / 1000) < 30,
		'the start');
	ok(seen.counted_timestamp_seconds >= seen.start_time_seconds - 1,
		'the time of counting');
	matches(Object.keys(seen).find((name) => name.startsWith('build_info')),
		/^build_info\{version="[0-9][^"]*"\}$/, 'the version');
});

test('letters have an age only where there is a mail server', async () => {
	const counted = (where, headers) => eventually('the janitor has counted',
		async () => {
			const body = String((await asked(where,
				{ headers })).body);

			return /^tollgate_letters_failed /m.test(body) && body;
		});

	matches(await counted(at, {}), /^tollgate_letters_oldest_seconds /m,
		'with a server');
	ok(!(await counted(guarded, { Authorization: `Bearer ${TOKEN}` }))
		.includes('letters_oldest_seconds'), 'without, it has one');
});
