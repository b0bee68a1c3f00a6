/*
 * Processes: what comes and goes while people are being served, and that they
 * do not notice.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { atEnd } from '../lib/cleanup.mjs';
import { childrenOf, commandOf, lives, workersOf } from
	'../lib/processes.mjs';
import { ask } from '../lib/fcgi.mjs';
import { PROGRAM, SOURCE } from '../lib/paths.mjs';
import { startStand } from '../lib/stand.mjs';
import { PASSWORD, Person, after, before, eventually, is, matches, ok, pause,
	request, stand, test, times } from './suite.mjs';

const WORKERS = 4;
const SLOW = { 'password.memory_kib': 65536, 'password.passes': 12 };
const SIGN_UP = '/api/auth/sign-up/email';

let at;

before(async () => {
	at = await stand({ name: 'process', config: { 'server.brand': 'First',
		'worker.count': WORKERS } });
});
after(async () => is((await at.stop()).code, 0, 'the exit status'));

/* ---- looking and shaking --------------------------------------------------- */

/* Requests without a pause until stop(), which resolves to what went wrong. */
function load(where, paths = ['/login', '/auth/health'], lanes = 6) {
	const failures = [];
	let count = 0, going = true;
	const done = times(lanes, async (lane) => {
		while (going) {
			const uri = paths[lane % paths.length];
			const response = await request(where.url, { path: uri })
				.catch((error) => ({ status: error.message }));

			count++;
			if (response.status !== 200)
				failures.push(response.status);
		}
	});

	return { failures, async stop() {
		going = false;
		await done;
		ok(count > 0, 'there was no load');
		return failures;
	} };
}

async function without(failures, where, work) {
	const running = load(where);

	try {
		await work();
	} finally {
		await running.stop();
	}
	is(running.failures.length, failures,
		`the number of failed requests (${running.failures})`);
}

function setting(where, name, value) {
	const text = fs.readFileSync(where.conf, 'utf8');

	fs.writeFileSync(where.conf, text.replace(
		new RegExp(`^${name} = .*$`, 'm'), `${name} = ${value}`));
}

function hup(where) {
	process.kill(where.pids.tollgate, 'SIGHUP');
}

async function brand(where) {
	const { text } = await request(where.url, { path: '/login' });

	return /<title>[^<]* · ([^<]*)<\/title>/.exec(text)?.[1];
}

function replaced(where, old) {
	return eventually('all workers are new', () => {
		const now = workersOf(where.pids.tollgate);

		return now.length === WORKERS &&
			now.every((pid) => !old.includes(pid));
	});
}

function allHaveServed(where) {
	return eventually('all workers have served', async () => {
		await times(WORKERS * 2, () => request(where.url,
			{ path: '/auth/health' }));

		const served = new Set(where.log().map(({ event, pid }) =>
			event === 'request' ? pid : 0));

		return workersOf(where.pids.tollgate).filter(
			(pid) => served.has(pid)).length === WORKERS;
	});
}

function slowSignUp(where, more = {}) {
	const who = new Person(where);

	return who.json(SIGN_UP, { name: 'A', email: who.email,
		password: PASSWORD, ...more });
}

/* ---- going ----------------------------------------------------------------- */

test('SIGTERM finishes what is in flight', async () => {
	const slow = await stand({ name: 'slow', config: SLOW });
	const signUps = times(2, () => slowSignUp(slow));

	await pause(150);

	const start = Date.now();
	const ended = await slow.halt();

	is(ended.code, 0, 'the exit status');
	for (const { status } of await signUps)
		is(status, 200, 'the status');
	ok(Date.now() - start < 20000, 'it took too long');
	is((await slow.psql('SELECT count(*) AS n FROM users'))[0].n, 2,
		'the number of users');
	await slow.stop();
});

test('when the master is killed its workers finish and leave', async () => {
	const slow = await stand({ name: 'orphans', config: SLOW });

	await slow.halt();

	const master = spawn(PROGRAM, ['serve', '--config', slow.conf],
		{ stdio: 'ignore', env: slow.env });
	let children = [];

	atEnd(() => [master.pid, ...children].filter(lives).forEach(
		(pid) => process.kill(pid, 'SIGKILL')));
	await healthy(slow);
	children = childrenOf(master.pid);

	const signUp = slowSignUp(slow);

	await pause(150);
	process.kill(master.pid, 'SIGKILL');
	is((await signUp).status, 200, 'the status');
	await eventually('all children have left', () => !children.some(lives));
	await slow.start();
	is((await request(slow.url, { path: '/auth/health' })).status, 200,
		'the status of the next master\'s');
	await slow.stop();
});

async function healthy(where) {
	await eventually('it answers', () => fs.existsSync(where.socket) &&
		request(where.url, { path: '/auth/health' }).then(
			({ status }) => status === 200, () => false));
}

/* ---- changing -------------------------------------------------------------- */

test('SIGHUP brings a new configuration without one failed request',
	async () => {
		for (const name of ['Second', 'Third']) {
			const old = workersOf(at.pids.tollgate);

			await without(0, at, async () => {
				setting(at, 'brand', name);
				hup(at);
				await replaced(at, old);
				await pause(200);
			});
			for (const seen of await times(8, () => brand(at)))
				is(seen, name, 'the brand');
		}
	});

test('SIGHUP, many times over, costs no request', () =>
	without(0, at, async () => {
		for (let i = 0; i < 10; i++) {
			hup(at);
			await pause(60);
		}
		await eventually('it settles', () =>
			workersOf(at.pids.tollgate).length === WORKERS);
	}));

/* The complaint about the file is for a terminal: a stand apart. */
test('SIGHUP with a broken configuration changes nothing', async () => {
	const apart = await startStand({ name: 'broken', config: {
		'server.brand': 'Good', 'worker.count': WORKERS } });

	try {
		const good = fs.readFileSync(apart.conf, 'utf8');

		await allHaveServed(apart);

		const old = workersOf(apart.pids.tollgate);

		for (const text of [`${good}nonsense = 1\n`, '[worker]\ncount = x\n',
			good.replace('brand = Good', 'brand = Bad\nbrand = Two')]) {
			fs.writeFileSync(apart.conf, text);
			await without(0, apart, async () => {
				hup(apart);
				await pause(200);
			});
			is(await brand(apart), 'Good', 'the brand');
			is(workersOf(apart.pids.tollgate).sort().join(),
				old.sort().join(), 'the workers');
		}
		ok(apart.log().some(({ level, message }) => level === 'error' &&
			/going on with the old/.test(message)), 'nothing is logged');
		/* Who is born now reads what the master read, not the broken file. */
		for (const pid of old)
			process.kill(pid, 'SIGKILL');
		await replaced(apart, old);
		is(await brand(apart), 'Good', 'the brand');
		old.splice(0, old.length, ...workersOf(apart.pids.tollgate));
		fs.writeFileSync(apart.conf, good.replace('Good', 'Better'));
		hup(apart);
		await replaced(apart, old);
		is(await brand(apart), 'Better', 'the brand');
	} finally {
		await apart.stop();
	}
});

test('workers that retire cost no request', async () => {
	const tired = await stand({ name: 'tired', config: {
		'worker.retire_after': 5, 'worker.count': WORKERS } });
	const seen = new Set();

	await without(0, tired, async () => {
		await eventually('twenty workers have served', () => {
			workersOf(tired.pids.tollgate).forEach(
				(pid) => seen.add(pid));
			return seen.size >= 20;
		});
	});
	is((await tired.stop()).code, 0, 'the exit status');
});

/* ---- dying ----------------------------------------------------------------- */

test('a killed worker costs its own request only, and is replaced',
	async () => {
		const kills = 4;
		const running = load(at);

		for (let i = 0; i < kills; i++) {
			const victims = workersOf(at.pids.tollgate);
			const victim = victims[Math.floor(
				Math.random() * victims.length)];

			process.kill(victim, 'SIGKILL');
			await eventually('another takes its place', () => {
				const now = workersOf(at.pids.tollgate);

				return now.length === WORKERS &&
					!now.includes(victim);
			});
			await pause(100);
		}

		const failures = await running.stop();

		ok(failures.length <= kills,
			`${failures.length} requests failed: ${failures}`);
		ok(failures.every((status) => status >= 500),
			`not a server's errors: ${failures}`);
		await without(0, at, () => pause(100));
	});

test('a worker killed while it hashes gives its slot back', async () => {
	const slow = await stand({ name: 'killed', config: { ...SLOW,
		'worker.hash_slots': 1, 'worker.count': WORKERS } });
	const lost = slowSignUp(slow);

	await pause(200);
	workersOf(slow.pids.tollgate).forEach(
		(pid) => process.kill(pid, 'SIGKILL'));
	ok((await lost).status >= 500, 'it is acknowledged');
	await eventually('all are back', () =>
		workersOf(slow.pids.tollgate).length === WORKERS);
	is((await slowSignUp(slow)).status, 200, 'the status afterwards');
	is((await slow.stop()).code, 0, 'the exit status');
});

function early(where) {
	return where.log().filter(({ message }) =>
		/dies as soon as it is born/.test(message ?? '')).length;
}

test('children that die at once are born more slowly, then recover',
	async () => {
		const poor = await stand({ name: 'poor', config: {
			'server.templates': copyOfTemplates(at),
			'worker.count': WORKERS } });
		const dir = /^templates = (.*)$/m.exec(
			fs.readFileSync(poor.conf, 'utf8'))[1];
		const old = workersOf(poor.pids.tollgate);

		fs.renameSync(dir, `${dir}.away`);
		await without(0, poor, async () => {
			hup(poor);
			await pause(2500);
		});
		ok(early(poor) >= 2, 'it does not try again');
		ok(early(poor) <= 6, `${early(poor)} births in 2.5 s`);
		fs.renameSync(`${dir}.away`, dir);
		await without(0, poor, async () => {
			hup(poor);
			await replaced(poor, old);
		});
		is((await poor.stop()).code, 0, 'the exit status');
	});

function copyOfTemplates(where) {
	const dir = path.join(where.dir, 'templates');

	fs.cpSync(path.join(SOURCE, 'templates'), dir, { recursive: true });
	return dir;
}

test('with all workers dead, whoever waits is served when one lives',
	async () => {
		const dir = path.join(at.dir, 'templates');
		const poor = await stand({ name: 'dead', config: {
			'server.templates': dir, 'worker.count': WORKERS } });

		fs.renameSync(dir, `${dir}.away`);
		for (const pid of workersOf(poor.pids.tollgate))
			try {
				process.kill(pid, 'SIGKILL');
			} catch (error) {
				/* It was still starting, and has died of it. */
				is(error.code, 'ESRCH', 'the error');
			}
		await pause(300);

		const waiting = request(poor.url, { path: '/auth/health' });

		await pause(300);
		fs.renameSync(`${dir}.away`, dir);

		const start = Date.now();

		is((await waiting).status, 200, 'the status');
		ok(Date.now() - start < 2500,
			`${Date.now() - start} ms after all was well again`);
		await eventually('all are back', () =>
			workersOf(poor.pids.tollgate).length === WORKERS);
		is((await poor.stop()).code, 0, 'the exit status');
	});

/* ---- sockets --------------------------------------------------------------- */

test('the socket is for owner and group only', () => {
	is((fs.statSync(at.socket).mode & 0o777).toString(8), '660', 'the mode');
});

function serveAgain(where) {
	const second = spawn(PROGRAM, ['serve', '--config', where.conf],
		{ env: where.env, stdio: ['ignore', 'ignore', 'pipe'] });
	let said = '';

	second.stderr.on('data', (text) => said += text);
	return new Promise((resolve) => second.on('close', (code) =>
		resolve({ code, said })));
}

test('a second master on the same socket is refused, the first unharmed',
	() => without(0, at, async () => {
		const { code, said } = await serveAgain(at);

		is(code, 1, 'the exit status');
		matches(said, /another process already serves/, 'what it said');
	}));

test('a socket left behind is taken over', async () => {
	const left = await stand({ name: 'left' });

	const all = [left.pids.tollgate, ...childrenOf(left.pids.tollgate)];

	process.kill(left.pids.tollgate, 'SIGKILL');
	await eventually('all are dead', () => !all.some(lives));
	ok(fs.existsSync(left.socket), 'the socket is gone');
	await left.start();
	is((await request(left.url, { path: '/auth/health' })).status, 200,
		'the status');
	is((await left.stop()).code, 0, 'the exit status');
});

/* What systemd and spawn-fcgi do: a socket that listens, and exec. */
const LISTENER = `use Socket; $^F = 9;
	socket(S, AF_UNIX, SOCK_STREAM, 0) or die $!;
	bind(S, sockaddr_un(shift @ARGV)) or die $!;
	listen(S, 64) or die $!;
	if (shift @ARGV eq "stdin") { open(STDIN, "<&S") or die $!; close(S); }
	else { fileno(S) == 3 or die "not 3"; $ENV{LISTEN_PID} = $$;
		$ENV{LISTEN_FDS} = 1; }
	exec @ARGV or die $!;`;

async function inherits(how, command, check) {
	const socket = path.join(at.dir, `${how}.sock`);
	const child = spawn('perl', ['-e', LISTENER, socket, how, PROGRAM, command,
		'--config', at.conf], { env: at.env,
		stdio: ['ignore', 'ignore', 'pipe'] });
	let said = '';

	atEnd(() => lives(child.pid) && child.kill('SIGKILL'));
	child.stderr.on('data', (text) => said += text);
	await eventually('it listens', () => fs.existsSync(socket));
	for (let i = 0; i < 5; i++)
		is((await ask(socket, { uri: '/auth/health' })).status, 200,
			`the status (${said})`);
	await check?.(child);
	child.kill('SIGTERM');
	is(await new Promise((resolve) => child.on('exit', resolve)), 0,
		'the exit status');
	ok(fs.existsSync(socket), 'it removed what was not its own');
}

test('a worker serves descriptor 0, as spawn-fcgi gives it', () =>
	inherits('stdin', 'worker', (child) =>
		is(childrenOf(child.pid).length, 0, 'the number of children')));

test('a master serves a socket of systemd\'s', () =>
	inherits('systemd', 'serve', (child) =>
		is(workersOf(child.pid).length, WORKERS, 'the number of workers')));

/* ---- what a worker holds --------------------------------------------------- */

test('no process holds more descriptors than it needs', async () => {
	await without(0, at, () => pause(200));
	for (const pid of [at.pids.tollgate,
		...childrenOf(at.pids.tollgate)]) {
		const open = fs.readdirSync(`/proc/${pid}/fd`).length;

		ok(open < 16, `${commandOf(pid)} holds ${open}`);
	}
});

test('no secret is in the environment or the arguments of a process', () => {
	for (const pid of [at.pids.tollgate, ...childrenOf(at.pids.tollgate)])
		for (const file of ['environ', 'cmdline'])
			ok(!fs.readFileSync(`/proc/${pid}/${file}`, 'latin1')
				.includes('stand-secret'), `${file} of ${pid}`);
});
