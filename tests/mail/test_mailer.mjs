/*
 * The mailer and its mail server, one trouble at a time.
 */
import fs from 'node:fs';
import net from 'node:net';
import { startProcess, stopProcess } from '../lib/cleanup.mjs';
import { databaseUrl, query } from '../lib/database.mjs';
import { request } from '../lib/http.mjs';
import { PROGRAM } from '../lib/paths.mjs';
import { eventually, is, matches, ok, pause, stand as startStand, test }
	from '../http/suite.mjs';
import { LEASE_MS, PASSWORD, USER, letterIs, withMail } from './mail.mjs';

test('a letter arrives as it was written, by TLS and after sign-in', () =>
	withMail('plain', {}, async (stand, mail) => {
		await stand.writeLetters(['ada@example.com']);
		const letter = await letterIs(stand, 'sent');
		const [got] = mail.delivered();

		is(got.to, 'ada@example.com', 'the recipient');
		is(got.id, letter.message_id, 'the Message-ID');
		is(got.user, USER, 'who sent it');
		is(got.secure, true, 'encryption');
		matches(got.text, /^From: tollgate\r\n <no-reply@127\.0\.0\.1>/m);
		matches(got.text, /^Auto-Submitted: auto-generated\r$/m);
		matches(got.text, /^follow https:\/\/id\.example\.com\/\?a=3Db\r$/m);
		matches(got.text, /^Content-Type: text\/html; charset=utf-8\r$/m);
	}));

test('TLS from the first byte works as well', () =>
	withMail('smtps', { server: { secure: true } }, async (stand) => {
		await stand.writeLetters(['ada@example.com']);
		await letterIs(stand, 'sent');
	}));

test('many letters share a connection, and a sign-in', () =>
	withMail('keep', {}, async (stand, mail) => {
		await stand.writeLetters(Array.from({ length: 30 },
			(_, i) => `p${i}@example.com`));
		await eventually('30 are delivered',
			() => mail.delivered().length === 30);
		is(new Set(mail.delivered().map(({ session }) => session)).size,
			1, 'connections');
	}));

test('an attempt that failed is made again with the same Message-ID', () =>
	withMail('again', { server: { failEvery: 2 } },
		async (stand, mail) => {
			await stand.writeLetters(['ada@example.com', 'bob@example.com']);
			await eventually('both are delivered',
				() => mail.delivered().length === 2);
			await eventually('both are sent', async () =>
				(await stand.letters()).every(({ state }) =>
					state === 'sent'));
			const again = (await stand.letters()).filter(
				({ attempts }) => attempts === 2);
			const refused = mail.events.filter(
				({ event }) => event === 'refused');

			is(again.length, 1, 'letters of two attempts');
			is(refused.length, 1, 'refusals');
			is(refused[0].id, again[0].message_id, 'the Message-ID');
			is(mail.delivered()[1].id, refused[0].id, 'the second');
			is(again[0].doubts, 0, 'doubts: a refusal leaves none');
		}));

test('what is refused for good is not tried again', () =>
	withMail('never', {}, async (stand, mail) => {
		await stand.writeLetters(['refused@example.com', 'ada@example.com']);
		const letter = await letterIs(stand, 'failed', /^550 5\.1\.1 /);

		is(letter.attempts, 1, 'attempts');
		matches(letter.text, /follow https/, 'the text that is kept');
		await eventually('the other letter is not held up',
			() => mail.delivered().length === 1);
	}));

test('a letter is given up after its attempts', () =>
	withMail('gives-up', { server: { failEvery: 1 },
		config: { 'mail.attempts': 2 } }, async (stand) => {
		await stand.writeLetters(['ada@example.com']);
		const letter = await letterIs(stand, 'failed', /^451 /);

		is(letter.attempts, 2, 'attempts');
	}));

test('a letter is given up when it is too old', () =>
	withMail('too-old', { server: { failEvery: 1 },
		config: { 'mail.give_up_after': 1 } }, async (stand) => {
		await stand.writeLetters(['ada@example.com']);
		const letter = await letterIs(stand, 'failed', /^451 /);

		ok(letter.attempts <= 3, `${letter.attempts} attempts`);
	}));

test('without encryption nothing is sent, least of all the password', () =>
	withMail('bare', { server: { key: null } }, async (stand, mail) => {
		await stand.writeLetters(['ada@example.com']);
		const letter = await letterIs(stand, 'queued', /SSL|TLS/);

		is(letter.doubts, 0, 'doubts');
		is(mail.delivered().length, 0, 'letters delivered');
		ok(!mail.events.some(({ event }) => event === 'auth'),
			'the password was sent');
	}));

test('a certificate of nobody we know is not believed', () =>
	withMail('stranger', { config: { 'mail.ca_file': null } },
		async (stand, mail) => {
			await stand.writeLetters(['ada@example.com']);
			await letterIs(stand, 'queued', /certificate/);
			is(mail.delivered().length, 0, 'letters delivered');
			ok(!mail.events.some(({ event }) => event === 'auth'),
				'the password was sent');
		}));

test('a wrong password holds letters back until it is mended', () =>
	withMail('wrong', { config: { 'mail.password': 'wrong',
		'mail.attempts': 50 } }, async (stand, mail) => {
		await stand.writeLetters(['ada@example.com']);
		await letterIs(stand, 'queued', /^535 |denied/);
		is(mail.delivered().length, 0, 'letters delivered');
		fs.writeFileSync(stand.conf, fs.readFileSync(stand.conf, 'utf8')
			.replace('password = wrong', `password = ${PASSWORD}`));
		process.kill(stand.pids.tollgate, 'SIGHUP');
		await letterIs(stand, 'sent');
	}));

/* Accepts, and then says nothing. */
async function mute() {
	const sockets = new Set();
	const server = net.createServer((socket) => {
		sockets.add(socket);
		socket.on('error', () => {});
	});

	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	return { port: server.address().port, sockets, close() {
		for (const socket of sockets)
			socket.destroy();
		server.close();
	} };
}

/* Nobody may connect to the stand's database, and who was is thrown out. */
async function lock(stand, away) {
	const server = databaseUrl('postgres');

	await query(server, `ALTER DATABASE ${stand.database.name}
		ALLOW_CONNECTIONS ${!away}`);
	await query(server, `SELECT pg_terminate_backend(pid) AS gone
		FROM pg_stat_activity
		WHERE datname = '${stand.database.name}'`);
}

test('an acknowledgement outlives an absence of the database', () =>
	withMail('absence', { server: { holdAt: [1] } },
		async (stand, mail) => {
			await stand.writeLetters(['ada@example.com']);
			await eventually('the letter is delivered',
				() => mail.delivered().length === 1);
			await lock(stand, true);
			await pause(2 * LEASE_MS);
			await lock(stand, false);

			const letter = await letterIs(stand, 'sent');

			is(letter.doubts, 0, 'doubts');
			is(mail.delivered().length, 1, 'deliveries');
		}));

test('no request waits for a mail server, and neither does the end',
	async () => {
		const server = await mute();
		const stand = await startStand({ name: 'mute', config: {
			'mail.smtp_url': `smtp://127.0.0.1:${server.port}`,
			'mail.timeout': 60 } });

		try {
			await stand.writeLetters(['ada@example.com']);
			await eventually('the mailer waits',
				() => server.sockets.size > 0);
			const start = Date.now();
			const answer = await request(stand.url, {
				method: 'POST', path: '/api/auth/sign-up/email',
				headers: { 'Content-Type': 'application/json',
					Origin: stand.url },
				body: JSON.stringify({ name: 'Bob',
					email: 'bob@example.com',
					password: 'correct horse battery' }) });

			is(answer.status, 200, 'the status of a sign-up');
			ok(Date.now() - start < 2000, 'the sign-up waited');
		} finally {
			const start = Date.now();

			is((await stand.stop()).code, 0, 'the exit status');
			ok(Date.now() - start < 4000, 'the mailer held up the end');
			server.close();
		}
	});

test('without a mail server letters are kept', async () => {
	const stand = await startStand({ name: 'kept' });

	try {
		await stand.writeLetters(['ada@example.com']);
		await pause(1200);
		const [letter] = await stand.letters();

		is(letter.state, 'queued', 'its state');
		is(letter.attempts, 0, 'attempts');
		is(letter.url, 'https://id.example.com/?a=b', 'its link');
	} finally {
		await stand.stop();
	}
});

test('a letter sealed with another secret is not sent as rubbish', () =>
	withMail('sealed', {}, async (stand, mail) => {
		await stand.writeLetters(['ada@example.com'], 'another secret');
		await eventually('it has failed', async () => {
			const [letter] = await stand.psql(
				'SELECT state FROM letters');

			return letter.state === 'failed';
		});
		is(mail.delivered().length, 0, 'letters delivered');
	}));

test('a mailer alone in the foreground sends as well', () =>
	withMail('alone', {}, async (stand, mail) => {
		await stand.halt();
		await stand.writeLetters(['ada@example.com']);

		const alone = startProcess(PROGRAM, ['mailer', '--config',
			stand.conf], { env: stand.env });

		await letterIs(stand, 'sent');
		is((await stopProcess(alone)).code, 0, 'its exit status');
		is(mail.delivered().length, 1, 'letters delivered');
		await stand.start();
	}));
