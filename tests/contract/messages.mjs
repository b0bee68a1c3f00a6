/* Letters as the transcripts show them, and the signed tokens in them. */
import { mailToken } from '../lib/letters.mjs';
import { decodeToken } from './decode.mjs';

/* What a recorded server handed to its senders; our other letters are none of
 * the contract's business. */
export const KINDS = ['verify-email', 'reset-password',
	'change-email-confirmation', 'delete-account'];

/* A letter { kind, recipient, url, newEmail } as an entry of "outbox". */
export function messageOf({ kind, recipient, url, newEmail }) {
	return { kind, email: recipient, url, token: tokenOf(url),
		...newEmail ? { newEmail } : {} };
}

function tokenOf(link) {
	const { pathname, searchParams } = new URL(link);

	return searchParams.get('token') ?? pathname.split('/').at(-1);
}

/*
 * Recorded letters of one second have one token, and the transcripts go by
 * that. Ours may be of two: the later is shown with the token of the earlier,
 * if nothing but the time makes them different.
 */
export function sameSecond(tokens, message) {
	const says = claims(message.token);
	const twin = says === null ? undefined :
		tokens.find((token) => claims(token) === says);

	return twin === undefined ? message : { ...message, token: twin,
		url: message.url.replace(message.token, twin) };
}

/* Without the times; null for what is no JWT. */
function claims(token) {
	if (!token.includes('.'))
		return null;

	const { iat, exp, ...rest } = decodeToken(token).payload;

	return JSON.stringify({ ...rest, life: exp - iat });
}

/* A token of verification letters that was good until a minute ago. */
export function expiredToken(secret) {
	const exp = Math.floor(Date.now() / 1000) - 60;

	return mailToken(secret, { email: 'a@example.com', iat: exp - 3600,
		exp });
}
