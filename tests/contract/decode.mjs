/*
 * What is inside values that clients take as they are: signed tokens and the
 * session_data cookie, decoded as the transcripts show them, and whether they
 * were signed or encrypted with what the contract says.
 */
import { createDecipheriv, createHash, createHmac, createPublicKey, hkdfSync,
	verify } from 'node:crypto';

const JWE_SALT = 'better-auth-session';
const JWE_INFO = 'BetterAuth.js Generated Encryption Key';

const json = (part) => JSON.parse(Buffer.from(part, 'base64url').toString());
const hmac = (secret, text) => createHmac('sha256', secret).update(text)
	.digest('base64url');

/* { header, payload } of a compact JWS, whoever signed it. */
export function decodeToken(text) {
	const [header, payload] = text.split('.');

	return { header: json(header), payload: json(payload) };
}

/* Whether a key of the set, or the secret where the header names no key,
 * signed it. */
export function isSigned(text, { keys, secret }) {
	const [header, payload, signature] = text.split('.');
	const { alg, kid } = json(header);
	const signed = `${header}.${payload}`;

	if (alg === 'HS256')
		return kid === undefined && signature === hmac(secret, signed);

	const jwk = keys.find((one) => one.kid === kid && one.alg === alg);

	return jwk !== undefined && verify(alg === 'EdDSA' ? null : 'sha256',
		Buffer.from(signed), { key: createPublicKey({ key: jwk,
			format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
		Buffer.from(signature, 'base64url'));
}

/*
 * decodeSessionData(value, secret) -> { shown, right }: as transcripts show
 * it, and whether the secret made it. The encrypted kind is shown as its
 * header and the lengths of its parts.
 */
export function decodeSessionData(value, secret) {
	const parts = value.split('.');

	if (parts.length === 1)
		return decodeCompact(json(value), secret);
	if (parts.length === 3)
		return { shown: decodeToken(value),
			right: isSigned(value, { keys: [], secret }) };
	return { shown: { header: json(parts[0]),
		parts: parts.map((part) => part.length) },
	right: opens(parts, secret) };
}

function decodeCompact(shown, secret) {
	const text = JSON.stringify({ ...shown.session,
		expiresAt: shown.expiresAt });

	return { shown, right: shown.signature === hmac(secret, text) };
}

/* RFC 7518, section 5.2.5, with the key the contract derives. */
function opens([header, , iv, text, tag], secret) {
	const key = Buffer.from(hkdfSync('sha256', secret, JWE_SALT, JWE_INFO,
		64));
	const bytes = (part) => Buffer.from(part, 'base64url');
	const length = Buffer.alloc(8);

	length.writeBigUInt64BE(BigInt(header.length * 8));

	const mac = createHmac('sha512', key.subarray(0, 32)).update(header)
		.update(bytes(iv)).update(bytes(text)).update(length).digest();
	const cipher = createDecipheriv('aes-256-cbc', key.subarray(32),
		bytes(iv));
	const claims = JSON.parse(cipher.update(bytes(text)) +
		cipher.final('utf8'));
	const thumbprint = createHash('sha256').update(JSON.stringify({
		k: key.toString('base64url'), kty: 'oct' })).digest('base64url');

	return mac.subarray(0, 32).equals(bytes(tag)) &&
		json(header).kid === thumbprint &&
		['session', 'user', 'updatedAt', 'version', 'iat', 'exp', 'jti']
			.every((name) => name in claims);
}
