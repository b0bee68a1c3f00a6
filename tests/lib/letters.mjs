/*
 * The outbox from outside: table letters with its sealed bodies, by the layout
 * that src/trust/seal.h documents and tests/mail thereby holds it to.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync,
	randomBytes } from 'node:crypto';

const LAYOUT = 1, KEY_ID = 4, NONCE = 12, TAG = 16;
const HEAD = 1 + KEY_ID, TEXT = HEAD + NONCE;
const AT_ONCE = 100;	/* letters in one statement, which is an argument */

function keyOf(secret, purpose) {
	return Buffer.from(hkdfSync('sha256', secret, '', purpose, 32));
}

/* A text as trust/seal.h seals it for a purpose under server.secret. */
export function seal(secret, purpose, text) {
	const key = keyOf(secret, purpose), nonce = randomBytes(NONCE);
	const head = Buffer.concat([Buffer.from([LAYOUT]), createHash('sha256')
		.update(key).digest().subarray(0, KEY_ID)]);
	const cipher = createCipheriv('aes-256-gcm', key, nonce);

	cipher.setAAD(head);
	return Buffer.concat([head, nonce, cipher.update(text, 'utf8'),
		cipher.final(), cipher.getAuthTag()]);
}

export function unseal(secret, purpose, sealed) {
	const cipher = createDecipheriv('aes-256-gcm', keyOf(secret, purpose),
		sealed.subarray(HEAD, TEXT));

	cipher.setAAD(sealed.subarray(0, HEAD));
	cipher.setAuthTag(sealed.subarray(-TAG));
	return Buffer.concat([cipher.update(sealed.subarray(TEXT, -TAG)),
		cipher.final()]).toString('utf8');
}

/*
 * Rows of table letters, oldest first and decoys left out. Those whose body is
 * still there have its text, html, url and newEmail, too.
 */
export async function readLetters(psql, secret) {
	const rows = await psql(`SELECT id, kind, user_id, recipient, subject,
		message_id, state, attempts, doubts, error,
		encode(body, 'hex') AS body FROM letters
		WHERE state <> 'decoy' ORDER BY created_at, id`);

	return rows.map(({ body, ...row }) => body === null ? row :
		{ ...row, ...JSON.parse(unseal(secret, `letter:${row.id}`,
			Buffer.from(body, 'hex'))) });
}

/* One letter to each recipient, due now, as if something had happened;
 * resolves to their ids. */
export async function writeLetters(psql, secret, recipients) {
	const ids = recipients.map(() => randomBytes(16).toString('hex'));
	const rows = recipients.map((recipient, i) => {
		const id = ids[i];
		const body = seal(secret, `letter:${id}`, JSON.stringify({
			text: 'Hello,\n\nfollow https://id.example.com/?a=b\n',
			html: '<p>Hello</p>\n', newEmail: null,
			url: 'https://id.example.com/?a=b' }));

		return `('${id}', 'reset-password', '${recipient}',
			'Choose a new password', '<${id}@example.com>',
			'\\x${body.toString('hex')}', 'queued', now(), now(),
			now())`;
	});

	for (let at = 0; at < rows.length; at += AT_ONCE)
		await psql(`INSERT INTO letters (id, kind, recipient, subject,
			message_id, body, state, created_at, queued_at, next_at)
			VALUES ${rows.slice(at, at + AT_ONCE).join(', ')}`);
	return ids;
}

/* The token inside a link of a verification letter (src/trust/mail_token.h). */
export function mailToken(secret, claims) {
	const head = [{ alg: 'HS256' }, claims].map((part) =>
		Buffer.from(JSON.stringify(part)).toString('base64url'))
		.join('.');

	return `${head}.${createHmac('sha256', secret).update(head)
		.digest('base64url')}`;
}
