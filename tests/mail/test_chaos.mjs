/*
 * Chaos: all that stands between a letter and its reader is killed, again and
 * again, and the letter arrives.
 */
import fs from 'node:fs';
import { eventually, is, ok, pause, test } from '../http/suite.mjs';
import { MailServer, standFor } from './mail.mjs';

const LETTERS = 1000, MAILER_KILLS = 5, SERVER_KILLS = 2;
const PATIENCE_MS = 60000;

test(`of ${LETTERS} letters each is delivered, whoever is killed`,
	async () => {
		const mail = await new MailServer('chaos', { failEvery: 5,
			holdAt: [150, 600], dieAt: [400] }).start();
		const stand = await standFor(mail, { 'mail.per_recipient': 0 });
		const kills = { mailer: 0, server: 0 };

		try {
			await chaos(stand, mail, kills);
			is(kills.mailer, MAILER_KILLS, 'mailers killed');
			is(kills.server, SERVER_KILLS, 'servers killed');
			await judge(await stand.letters(), mail.delivered());
		} finally {
			await stand.stop();
			await mail.stop();
		}
	});

function mailerOf(stand) {
	const file = `/proc/${stand.pids.tollgate}/task/` +
		`${stand.pids.tollgate}/children`;

	return fs.readFileSync(file, 'utf8').trim().split(' ').map(Number)
		.find((pid) => commandOf(pid) === 'mailer');
}

function commandOf(pid) {
	try {
		return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8')
			.split('\0')[1] ?? '';
	} catch {
		return '';
	}
}

async function chaos(stand, mail, kills) {
	const killMailer = () => {
		const pid = mailerOf(stand);

		if (pid !== undefined && kills.mailer < MAILER_KILLS) {
			process.kill(pid, 'SIGKILL');
			kills.mailer++;
		}
	};
	const reached = (count) => eventually(`${count} delivered`,
		() => mail.delivered().length >= count, PATIENCE_MS);

	/* between a delivery and its acknowledgement, where it hurts */
	mail.onEvent = ({ event }) => event === 'held' && killMailer();
	await stand.writeLetters(Array.from({ length: LETTERS },
		(_, i) => `person${i}@example.com`));
	for (const count of [60, 250]) {
		await reached(count);
		killMailer();
	}
	await mail.ended;		/* by its own hand, at dieAt */
	kills.server++;
	await pause(500);
	await mail.start();
	await reached(700);
	await mail.kill();
	kills.server++;
	await pause(500);
	await mail.start();
	await reached(800);
	killMailer();
	await eventually('every letter is sent', async () => {
		const [left] = await stand.psql(`SELECT count(*) FROM letters
			WHERE state <> 'sent'`);

		return left.count === 0;
	}, PATIENCE_MS);
}

async function judge(letters, delivered) {
	const count = new Map();

	for (const { id } of delivered)
		count.set(id, (count.get(id) ?? 0) + 1);
	is(letters.length, LETTERS, 'letters');
	for (const letter of letters) {
		const times = count.get(letter.message_id) ?? 0;

		ok(times > 0, `${letter.recipient} was lost`);
		ok(times - 1 <= letter.doubts, `${letter.recipient} was ` +
			`delivered ${times} times with ${letter.doubts} doubts`);
		is(letter.text, undefined, 'the text of what was delivered');
	}

	const twice = delivered.length - LETTERS;
	const doubts = letters.reduce((sum, { doubts: n }) => sum + n, 0);

	console.log(`# ${twice} delivered twice, ${doubts} in doubt`);
	/* those three were arranged; more than one a kill there cannot be */
	ok(twice >= 3, 'no acknowledgement was lost: nothing was tried');
	ok(twice <= MAILER_KILLS + SERVER_KILLS, `${twice} duplicates`);
}
