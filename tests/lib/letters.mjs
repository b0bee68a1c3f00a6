/*
 * The outbox as its reader would see it: letters with their sealed bodies
 * opened (src/trust/seal.h), oldest first.
 */
import { createDecipheriv, hkdfSync } from 'node:crypto';

const HEAD = 5, NONCE = 12, TAG = 16;

/* What trust/seal.h has sealed for a purpose under server.secret. */
export function unseal(secret, purpose, sealed) {
	const key = hkdfSync('sha256', secret, '', purpose, 32);
	const text = HEAD + NONCE;
	const cipher = createDecipheriv('aes-256-gcm', Buffer.from(key),
		sealed.subarray(HEAD, text));

	cipher.setAAD(sealed.subarray(0, HEAD));
	cipher.setAuthTag(sealed.subarray(-TAG));
	return Buffer.concat([cipher.update(sealed.subarray(text, -TAG)),
		cipher.final()]).toString('utf8');
}

/*
 * Rows of table letters, decoys left out. Those whose body is still there have
 * text, html, url and newEmail, too.
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
