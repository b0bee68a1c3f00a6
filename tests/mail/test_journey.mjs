/*
 * From a request to a mailbox and back: what people do with letters.
 */
import { Person, eventually, is, matches, ok, person, stand, test, times }
	from '../http/suite.mjs';
import { withMail } from './mail.mjs';

const NEW_PASSWORD = 'another horse, another battery';
const ASK = '/api/auth/request-password-reset';

/* The text part of a message, as a mail program shows it. */
function textOf({ text }) {
	const [, boundary] = /boundary="(.*?)"/.exec(text);
	const part = text.split(`--${boundary}`)[1];
	const body = part.slice(part.indexOf('\r\n\r\n') + 4)
		.replace(/=\r\n/g, '').replace(/\r\n/g, '\n')
		.replace(/=([0-9A-F]{2})/g, (_, hex) =>
			String.fromCharCode(parseInt(hex, 16)));

	return Buffer.from(body, 'latin1').toString('utf8');
}

function subjectOf({ text }) {
	return /^Subject: (.*)\r$/m.exec(text)[1];
}

/* Resolves to the messages to an address, once there are so many. */
function mailbox(mail, address, count = 1) {
	return eventually(`${count} letters to ${address}`, () => {
		const got = mail.delivered().filter(({ to }) => to === address);

		return got.length >= count ? got : null;
	});
}

test('a forgotten password is chosen anew by a letter', () =>
	withMail('forgotten', {}, async (at, mail) => {
		const who = await person(at);

		await who.json(ASK, { email: who.email,
			redirectTo: `${at.url}/reset-password` });
		const letter = (await mailbox(mail, who.email, 2)).find((one) =>
			subjectOf(one) === 'Choose a new password');
		const [link] = /http\S+/.exec(textOf(letter));
		const opened = await new Person(at).get(link.slice(
			at.url.length));
		const token = new URL(opened.header('location')).searchParams
			.get('token');
		const chosen = await new Person(at).json(
			'/api/auth/reset-password',
			{ token, newPassword: NEW_PASSWORD });

		is(chosen.status, 200, 'the status of the new password');
		is((await who.json('/api/auth/sign-in/email', { email: who.email,
			password: NEW_PASSWORD })).status, 200, 'the sign-in');
		await mailbox(mail, who.email, 3);
	}));

test('nobody gets a letter about an address nobody has', () =>
	withMail('nobody', {}, async (at, mail) => {
		const who = await person(at);

		for (const email of ['nobody@example.com', who.email])
			is((await new Person(at).json(ASK, { email })).status, 200,
				'the status');
		await mailbox(mail, who.email, 2);
		is(mail.delivered().filter(({ to }) => to !== who.email).length,
			0, 'letters to others');
	}));

test('a name is nobody\'s to write into strangers\' mail', () =>
	withMail('words', {}, async (at, mail) => {
		const who = new Person(at);
		const answer = await who.json('/api/auth/sign-up/email', {
			name: 'Win at https://spam.example\r\nBcc: x@example.com',
			email: who.email, password: NEW_PASSWORD });

		is(answer.status, 200, 'the status of the sign-up');
		const [letter] = await mailbox(mail, who.email);

		ok(!letter.text.includes('spam'), 'the name is in the letter');
		matches(textOf(letter), /^Hello,\n[^]*\n-- \ntollgate, /, 'it');
	}));

test('mailboxes are not flooded', () =>
	withMail('flood', { config: { 'mail.per_recipient': 3 } },
		async (at, mail) => {
			const who = await person(at);

			await times(6, async () => is((await new Person(at)
				.json(ASK, { email: who.email })).status, 200));
			await mailbox(mail, who.email, 3);

			const letters = await at.letters();
			const kept = letters.filter(
				({ state }) => state === 'failed');

			is(letters.length, 7, 'letters written');
			ok(kept.length > 0 && kept.every(({ error }) =>
				/per_recipient/.test(error)), 'none was kept');
		}));

test('letters of courtesy are not written when they are switched off',
	async () => {
		const at = await stand({ name: 'curt', config: {
			'mail.welcome': false, 'mail.new_device': false,
			'mail.password_changed': false } });

		try {
			const who = await person(at);

			await who.json('/api/auth/change-password', {
				currentPassword: 'correcthorsebatterystaple',
				newPassword: NEW_PASSWORD });
			is((await at.letters()).length, 0, 'letters');
		} finally {
			await at.stop();
		}
	});
