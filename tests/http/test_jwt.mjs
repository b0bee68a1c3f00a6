/*
 * Tokens for programs: what they say, who can verify them, what they open
 * here, and everything that only looks like one.
 */
import { createHmac, createPublicKey, verify } from 'node:crypto';
import { Person, after, before, eventually, is, matches, ok, pause,
	person, request, secret, stand, test, times } from './suite.mjs';

const SHARED = 'shared-secret-0123456789abcdefABCDEF';
const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'];
const SECOND_MS = 1000;

const stands = {};

async function jwtStand(name, config) {
	stands[name] = await stand({ name, config: { 'jwt.enabled': true,
		...config } });
}

before(async () => {
	for (const algorithm of ALGORITHMS)
		await jwtStand(algorithm, { 'jwt.algorithm': algorithm });
	await jwtStand('HS256', { 'jwt.algorithm': 'HS256',
		'jwt.secret': SHARED });
	await jwtStand('quiet', { 'jwt.algorithm': 'EdDSA',
		'jwt.set_header': false, 'jwt.issuer': 'https://id.example.com',
		'jwt.audience': 'shop', 'jwt.expires_in': 60 });
});
after(async () => {
	for (const one of Object.values(stands))
		is((await one.stop()).code, 0, 'the exit status');
});

/* ---- words ----------------------------------------------------------------- */

const part = (value) => Buffer.from(typeof value === 'string' ? value :
	JSON.stringify(value)).toString('base64url');
const read = (token, index) => JSON.parse(
	Buffer.from(token.split('.')[index], 'base64url').toString());

async function tokenOf(who) {
	const response = await who.get('/api/auth/token');

	is(response.status, 200, 'the status of /token');
	return secret(response.json().token);
}

/* Parallel first requests find the same key. */
async function keysOf(at) {
	return (await request(at.url, { path: '/.well-known/jwks.json' }))
		.json().keys;
}

function verifies(token, keys) {
	const { alg, kid } = read(token, 0);
	const jwk = keys.find((one) => one.kid === kid && one.alg === alg);

	return jwk !== undefined && verify(alg === 'EdDSA' ? null : 'sha256',
		Buffer.from(token.slice(0, token.lastIndexOf('.'))),
		{ key: createPublicKey({ key: jwk, format: 'jwk' }),
			dsaEncoding: 'ieee-p1363' },
		Buffer.from(token.split('.')[2], 'base64url'));
}

function call(at, token, { method = 'GET', path = '/api/me', body = null,
	headers = {} } = {}) {
	return request(at.url, { method, path, body: body === null ? null :
		JSON.stringify(body), headers: { ...headers,
		'Content-Type': 'application/json',
		Authorization: `Bearer ${token}` } });
}

async function refused(at, token, message = 'Invalid token', what = '') {
	const response = await call(at, token);

	is(response.status, 401, `the status of ${what || token.slice(0, 60)}`);
	is(response.json().message, message, `the message of ${what}`);
	is(response.json().code, message.toUpperCase().replace(' ', '_'),
		'the code');
}

/* A token of the HS256 stand with other claims, or of another header. */
function forged(at, user, claims = {}, header = null, key = SHARED) {
	const now = Math.floor(Date.now() / SECOND_MS);
	const all = { iat: now, exp: now + 900, sub: user.id, iss: at.url,
		aud: at.url, ...claims };
	const text = `${part(header ?? { alg: 'HS256', kid: at.kid })}.` +
		part(JSON.stringify(all));

	return `${text}.${createHmac('sha256', key).update(text)
		.digest('base64url')}`;
}

/* ---- what a token is ------------------------------------------------------- */

for (const algorithm of ALGORITHMS)
	test(`${algorithm} tokens verify with the published key`, async () => {
		const at = stands[algorithm];
		const who = await person(at);
		const token = await tokenOf(who);
		const keys = await keysOf(at);

		is(read(token, 0).alg, algorithm, 'the algorithm');
		is(keys.length, 1, 'the number of keys');
		is(keys[0].kid, read(token, 0).kid, 'the key');
		ok(verifies(token, keys), 'the signature is wrong');
		is((await call(at, token)).json().user.id, who.id, 'the user');
	});

test('HS256 tokens verify with the shared secret, which is not published',
	async () => {
		const at = stands.HS256;
		const who = await person(at);
		const token = await tokenOf(who);
		const [header, payload, signature] = token.split('.');

		is(signature, createHmac('sha256', SHARED).update(
			`${header}.${payload}`).digest('base64url'),
		'the signature');
		matches(read(token, 0).kid, /^[0-9a-f]{32}$/, 'the kid');
		at.kid = read(token, 0).kid;
		is((await keysOf(at)).length, 0, 'the number of keys');
		is((await call(at, token)).json().user.id, who.id, 'the user');
	});

test('a token says who the user is, for whom, and for how long', async () => {
	const at = stands.EdDSA;
	const who = await person(at);
	const token = await tokenOf(who);
	const claims = read(token, 1);

	is(Object.keys(read(token, 0)).sort().join(), 'alg,kid', 'the header');
	is(Object.keys(claims).sort().join(), ['aud', 'createdAt', 'email',
		'emailVerified', 'exp', 'iat', 'id', 'image', 'iss', 'name',
		'sub', 'updatedAt'].join(), 'the claims');
	is(claims.sub, who.id, 'sub');
	is(claims.iss, at.url, 'iss');
	is(claims.aud, at.url, 'aud');
	is(claims.exp - claims.iat, 900, 'the lifetime in seconds');
});

test('issuer, audience and lifetime are settings', async () => {
	const at = stands.quiet;
	const { iss, aud, iat, exp } = read(await tokenOf(await person(at)), 1);

	is(iss, 'https://id.example.com', 'iss');
	is(aud, 'shop', 'aud');
	is(exp - iat, 60, 'the lifetime in seconds');
});

test('get-session hands a token over, to scripts of other origins, too',
	async () => {
		const who = await person(stands.EdDSA);
		const response = await who.get('/api/auth/get-session');
		const token = secret(response.header('set-auth-jwt'));

		is(read(token, 1).sub, who.id, 'sub');
		is(response.header('access-control-expose-headers'),
			'set-auth-jwt', 'what scripts may read');
		is((await new Person(stands.EdDSA).get('/api/auth/get-session'))
			.header('set-auth-jwt'), null, 'the token of nobody');
	});

test('a session that use extends comes with both headers', async () => {
	const at = stands.EdDSA;
	const who = await person(at);

	await at.psql(`UPDATE sessions SET expires_at = expires_at -
		interval '2 days' WHERE user_id = '${who.id}'`);

	const response = await who.get('/api/auth/get-session');

	is(response.header('access-control-expose-headers'),
		'set-auth-token, set-auth-jwt', 'what scripts may read');
	secret(response.header('set-auth-jwt'));
	secret(response.header('set-auth-token'));
});

test('jwt.set_header = off leaves get-session alone', async () => {
	const who = await person(stands.quiet);

	is((await who.get('/api/auth/get-session')).header('set-auth-jwt'), null,
		'the token');
});

/* ---- the list of keys ------------------------------------------------------ */

test('caches may keep the list of keys, and ask whether it has changed',
	async () => {
		const at = stands.RS256;
		const path = '/.well-known/jwks.json';
		const first = await request(at.url, { path });
		const again = await request(at.url, { path, headers: {
			'If-None-Match': first.header('etag') } });

		is(first.header('cache-control'), 'public, max-age=300',
			'Cache-Control');
		matches(first.header('content-type'), /^application\/json/,
			'Content-Type');
		is(again.status, 304, 'the status');
		is(again.text, '', 'the body');
		is((await request(at.url, { path, headers: {
			'If-None-Match': '"other"' } })).status, 200,
		'the status for another tag');
		is(JSON.stringify(first.json()), (await request(at.url, {
			path: '/api/auth/jwks' })).text, 'the list of the contract');
	});

test('the list holds public halves and nothing else', async () => {
	const members = { RS256: 'alg,kty,n,e,kid', EdDSA: 'alg,crv,x,kty,kid',
		ES256: 'alg,kty,crv,x,y,kid' };

	for (const [name, wanted] of Object.entries(members))
		for (const key of await keysOf(stands[name]))
			is(Object.keys(key).join(), wanted, 'the members');
});

test('of many first requests one makes the key', async () => {
	const at = stands.ES256;

	await at.psql('DELETE FROM signing_keys');

	const lists = await times(40, () => keysOf(at));

	is(new Set(lists.map((keys) => JSON.stringify(keys))).size, 1,
		'the number of different lists');
	is((await at.psql('SELECT count(*)::int AS n FROM signing_keys'))[0].n, 1,
		'the number of keys');
});

/* ---- what a token opens ---------------------------------------------------- */

test('a token needs no cookie and no Origin to act', async () => {
	const at = stands.EdDSA;
	const who = await person(at);
	const token = await tokenOf(who);
	const response = await call(at, token, { method: 'POST',
		path: '/api/credits/spend', headers: { 'Idempotency-Key': 'k1' },
		body: { amount: 1, reason: 'Token' } });

	is(response.status, 409, 'the status');
	is(response.json().code, 'INSUFFICIENT_CREDITS', 'the code');
});

test('a token opens nothing that is about a session', async () => {
	const at = stands.EdDSA;
	const token = await tokenOf(await person(at));

	is((await call(at, token, { path: '/auth/session' })).status, 401,
		'/auth/session');
	is((await call(at, token, { path: '/account' })).status, 303,
		'the account page');
	is((await call(at, token, { path: '/api/auth/get-session' })).text,
		'null', 'get-session');
	for (const path of ['/api/auth/list-sessions', '/api/auth/token'])
		is((await call(at, token, { path })).status, 401, path);
});

test('what somebody may do is asked of the database, not of the token',
	async () => {
		const at = stands.EdDSA;
		const who = await person(at);
		const token = await tokenOf(who);
		const status = async () => (await call(at, token,
			{ path: '/api/admin/users' })).status;

		is(await status(), 403, 'the status of a user');
		await who.become('admin_ro');
		is(await status(), 200, 'the status of an admin');
		await who.become('user');
		is(await status(), 403, 'the status of a user again');
	});

test('a banned or deleted user\'s token is refused at once', async () => {
	const at = stands.EdDSA;
	const [banned, gone] = [await person(at), await person(at)];
	const [first, second] = [await tokenOf(banned), await tokenOf(gone)];

	is((await call(at, first)).status, 200, 'the status before');
	await at.psql(`UPDATE users SET banned = true
		WHERE id = '${banned.id}'`);
	await refused(at, first);
	await at.psql(`DELETE FROM users WHERE id = '${gone.id}'`);
	await refused(at, second);
});

test('a token wins over a cookie, and a wrong one refuses', async () => {
	const at = stands.EdDSA;
	const [who, other] = [await person(at), await person(at)];
	const token = await tokenOf(other);
	const get = (bearer) => who.send('GET', '/api/me', { headers: {
		Authorization: `Bearer ${bearer}` } });

	is((await get(token)).json().user.id, other.id, 'the user');
	is((await get(`${token}x`)).status, 401, 'the status');
});

test('a token lives on when its session has ended', async () => {
	const at = stands.EdDSA;
	const who = await person(at);
	const token = await tokenOf(who);

	await who.json('/api/auth/sign-out', {});
	is((await call(at, token)).status, 200, 'the status');
});

test('a token for another audience opens nothing here', async () => {
	const at = stands.quiet;

	await refused(at, await tokenOf(await person(at)));
});

test('three spellings of the scheme and blanks around it are one', async () => {
	const at = stands.EdDSA;
	const who = await person(at);
	const token = await tokenOf(who);

	for (const value of [`bearer ${token}`, `BEARER   ${token}`,
		`  Bearer ${token}  `])
		is((await request(at.url, { path: '/api/me', headers: {
			Authorization: value } })).status, 200, value.slice(0, 12));
	for (const value of [`Bearer${token}`, `Basic ${token}`, token, 'Bearer',
		'Bearer '])
		is((await request(at.url, { path: '/api/me', headers: {
			Authorization: value } })).status, 401, value.slice(0, 12));
});

/* ---- time ------------------------------------------------------------------ */

const EXPIRED = -1, SOON = 60;

test('"Token expired" is said of what was right before', async () => {
	const at = stands.HS256;
	const who = await person(at);
	const now = Math.floor(Date.now() / SECOND_MS);

	is((await call(at, forged(at, who))).status, 200, 'the status');
	for (const exp of [now + EXPIRED, 0, -1])
		await refused(at, forged(at, who, { exp }), 'Token expired',
			`exp ${exp}`);
	await refused(at, forged(at, who, { exp: 1, aud: 'x' }));
	await refused(at, forged(at, who, { exp: 1 }, null, 'x'.repeat(40)));
});

test('a token is refused at its second', async () => {
	const at = stands.HS256;
	const who = await person(at);
	const exp = Math.floor(Date.now() / SECOND_MS) + 2;
	const token = forged(at, who, { exp });

	is((await call(at, token)).status, 200, 'the status');
	await pause(exp * SECOND_MS - Date.now() + 50);
	await refused(at, token, 'Token expired');
});

test('claims that are not as they must be are refused', async () => {
	const at = stands.HS256;
	const who = await person(at);
	const now = Math.floor(Date.now() / SECOND_MS);
	const wrong = {
		'not yet': { nbf: now + 2 * SOON },
		'made in the future': { iat: now + 2 * SOON },
		'no exp': { exp: undefined },
		'exp as text': { exp: String(now + SOON) },
		'exp with a fraction': { exp: now + 0.5 + SOON },
		'exp as null': { exp: null },
		'exp as list': { exp: [now + SOON] },
		'exp beyond 64 bits': { exp: 1e30 },
		'no iat': { iat: undefined },
		'iat as text': { iat: String(now) },
		'nbf as text': { nbf: String(now) },
		'no audience': { aud: undefined },
		'another audience': { aud: 'https://other.example.com' },
		'a list of audiences': { aud: [at.url] },
		'no issuer': { iss: undefined },
		'another issuer': { iss: `${at.url}/` },
		'nobody': { sub: undefined },
		'a user as number': { sub: 1 },
		'another\'s id with a blank': { sub: `${who.id} ` },
		'an unknown user': { sub: 'f'.repeat(32) },
		'a user as SQL': { sub: '\' OR \'1\'=\'1' },
	};

	for (const [what, claims] of Object.entries(wrong))
		await refused(at, forged(at, who, claims), undefined, what);
});

/* ---- what only looks like one ---------------------------------------------- */

/* Everything a stranger can make of a right token and the public keys. */
function counterfeits(token, jwk) {
	const [header, payload, signature] = token.split('.');
	const { alg, kid } = read(token, 0);
	const pem = createPublicKey({ key: jwk, format: 'jwk' }).export(
		{ type: 'spki', format: 'pem' });
	const mac = (head, key) => `${head}.${payload}.` + createHmac('sha256',
		key).update(`${head}.${payload}`).digest('base64url');
	const headed = (value) => `${part(value)}.${payload}.${signature}`;

	return {
		'none': `${part({ alg: 'none', kid })}.${payload}.`,
		'None with a signature': headed({ alg: 'None', kid }),
		'NONE without kid': headed({ alg: 'NONE' }),
		'nOnE': headed({ alg: 'nOnE', kid }),
		'no algorithm': headed({ kid }),
		'an empty algorithm': headed({ alg: '', kid }),
		'a list of algorithms': headed({ alg: [alg], kid }),
		'another algorithm': headed({ alg: alg === 'RS256' ? 'ES256' :
			'RS256', kid }),
		'a longer hash': headed({ alg: 'RS512', kid }),
		'HS256 with the public key': mac(part({ alg: 'HS256', kid }), pem),
		'HS256 with the trimmed public key':
			mac(part({ alg: 'HS256', kid }), pem.trim()),
		'HS256 with the JWK': mac(part({ alg: 'HS256', kid }),
			JSON.stringify(jwk)),
		'HS256 with nothing': mac(part({ alg: 'HS256', kid }), ''),
		'HS256 without kid': mac(part({ alg: 'HS256' }), pem),
		'a key in the header': headed({ alg, kid, jwk }),
		'a place of keys': headed({ alg, kid,
			jku: 'http://127.0.0.1:1/jwks' }),
		'a place of certificates': headed({ alg, kid,
			x5u: 'http://127.0.0.1:1/' }),
		'a critical extension': headed({ alg, kid, crit: ['exp'] }),
		'an unencoded payload': headed({ alg, kid, b64: false }),
		'compression': headed({ alg, kid, zip: 'DEF' }),
		'the algorithm twice': headed(`{"alg":"none","alg":"${alg}",` +
			`"kid":"${kid}"}`),
		'another type': headed({ alg, kid, typ: 'at+jwt' }),
		'a kid that is a path': headed({ alg, kid: '../../../dev/null' }),
		'a kid that is SQL': headed({ alg, kid: `${kid}' OR '1'='1` }),
		'a kid with NUL': headed({ alg, kid: `${kid}\0` }),
		'no kid': headed({ alg }),
		'an unknown kid': headed({ alg, kid: 'f'.repeat(32) }),
		'a number as kid': headed({ alg, kid: 1 }),
		'a deep header': headed(`${'['.repeat(3000)}${']'.repeat(3000)}`),
		'no JSON header': headed('alg=RS256'),
		'an empty header': `.${payload}.${signature}`,
		'an empty payload': `${header}..${signature}`,
		'an empty signature': `${header}.${payload}.`,
		'nothing but dots': '..',
		'two dots more': `${token}..`,
		'a fourth part': `${token}.AAAA`,
		'five parts': `${token}.AAAA.AAAA`,
		'another payload': `${header}.${part({ ...read(token, 1),
			sub: 'f'.repeat(32) })}.${signature}`,
		'a cut signature': token.slice(0, -4),
		'a longer signature': `${token}AAAA`,
		'a padded signature': `${token}==`,
		'a standard alphabet': `${header}.${payload}.` +
			`+${signature.slice(1)}`,
		'another spelling of the last bits': otherSpelling(token),
		'a blank inside': `${header}. ${payload}.${signature}`,
		'7 KiB of signature': `${header}.${payload}.${'A'.repeat(7000)}`,
		'zeros': `${header}.${payload}.${'A'.repeat(signature.length)}`,
	};
}

/* The last character of base64 has bits that no byte holds. */
function otherSpelling(token) {
	const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz' +
		'0123456789-_';

	return token.slice(0, -1) + alphabet[alphabet.indexOf(token.at(-1)) ^ 1];
}

for (const algorithm of ALGORITHMS)
	test(`nothing that only looks like an ${algorithm} token is one`,
		async () => {
			const at = stands[algorithm];
			const token = await tokenOf(await person(at));
			const [jwk] = await keysOf(at);

			for (const [what, text] of Object.entries(
				counterfeits(token, jwk)))
				await refused(at, text, undefined, what);
			is((await call(at, token)).status, 200, 'the real one');
		});

test('a session signs no token: another purpose, another key', async () => {
	const at = stands.HS256;
	const who = await person(at);

	await refused(at, forged(at, who, {}, null,
		'stand-secret-0123456789abcdefABCDEF'));
	await refused(at, forged(at, who, {}, { alg: 'HS256' }));
});

/* ---- keys come and go ------------------------------------------------------ */

test('a retired key is refused by every worker at once', async () => {
	const at = stands.EdDSA;
	const who = await person(at);
	const token = await tokenOf(who);
	const { kid } = read(token, 0);

	/* every worker has met the key */
	for (const response of await times(40, () => call(at, token)))
		is(response.status, 200, 'the status before');
	await at.tollgate(['key', 'retire', kid]);
	for (const response of await times(40, () => call(at, token)))
		is(response.status, 401, 'the status after');
	ok((await keysOf(at)).every((key) => key.kid !== kid),
		'the key is still published');

	const next = await tokenOf(who);

	ok(read(next, 0).kid !== kid, 'it still signs');
	is((await call(at, next)).status, 200, 'the status of the next token');
});

test('a rotation is seamless: published, signing, verifying', async () => {
	const at = stands.ES256;
	const who = await person(at);
	const before = await tokenOf(who);
	const old = read(before, 0).kid;
	const { stdout } = await at.tollgate(['key', 'rotate']);
	const next = stdout.trim();

	is((await keysOf(at)).map(({ kid }) => kid).join(), `${next},${old}`,
		'the published keys');
	is(read(await tokenOf(who), 0).kid, old, 'the key that signs');
	/* five minutes later */
	await at.psql(`UPDATE signing_keys SET created_at = created_at -
		interval '5 minutes', expires_at = expires_at -
		interval '5 minutes'`);
	is(read(await tokenOf(who), 0).kid, next, 'the key that signs then');
	is((await call(at, before)).status, 200, 'the status of an old token');
	matches((await at.tollgate(['key', 'list'])).stdout, new RegExp(
		`^${next} ES256 signing   \\S+ \\S+\n` +
		`${old} ES256 verifying `), 'the list');
});

test('a key whose time is up makes room by itself', async () => {
	const at = stands.EdDSA;
	const who = await person(at);
	const old = read(await tokenOf(who), 0).kid;

	await at.psql(`UPDATE signing_keys SET created_at = now() -
		interval '91 days', expires_at = now() WHERE id = '${old}'`);

	const tokens = await times(20, () => tokenOf(who));
	const kids = new Set(tokens.map((token) => read(token, 0).kid));

	is(kids.size, 1, 'the number of keys that sign');
	ok(!kids.has(old), 'the old key still signs');
	is((await keysOf(at)).length, 2, 'the number of published keys');
});

test('a super admin rotates and withdraws keys, and the audit names him',
	async () => {
		const at = stands.EdDSA;
		const admin = await person(at, 'super_admin');
		const before = await keysOf(at);

		is((await admin.post('/admin/keys')).status, 303, 'the status');

		const [{ kid }] = await keysOf(at);

		ok(before.every((key) => key.kid !== kid), 'there is no new key');
		matches((await admin.get('/admin/keys')).text,
			new RegExp(`${kid}.*Next`), 'the page');
		is((await admin.post(`/admin/keys/${kid}/retire`)).status, 303,
			'the status');
		ok((await keysOf(at)).every((key) => key.kid !== kid),
			'the key is still published');
		is((await admin.post(`/admin/keys/${kid}/retire`)).status, 404,
			'the status of a second time');
		is((await at.psql(`SELECT string_agg(action, ' ' ORDER BY id) AS all
			FROM audit WHERE target_id = '${kid}'
			AND actor_id = '${admin.id}'`))[0].all,
		'key.create key.retire', 'the audit');
	});

test('HS256 has no keys to rotate', async () => {
	const admin = await person(stands.HS256, 'super_admin');

	matches((await admin.get('/admin/keys')).text, /shared secret/,
		'the page');
	is((await admin.json('/api/admin/keys', {})).status, 409, 'the status');
});

test('tollgate key says what it was called wrongly for', async () => {
	const at = stands.EdDSA;

	for (const [args, wanted] of [[['key'], /knows list, rotate/],
		[['key', 'retire'], /needs the id/], [['key', 'burn'], /knows/],
		[['key', 'list', 'x'], /only retire/],
		[['key', 'retire', 'nokey'], /Signing key not found/]]) {
		const error = await at.tollgate(args).then(() => null,
			(failure) => failure);

		ok(error !== null, `${args} succeeded`);
		matches(error.stderr, wanted, 'what it says');
	}
	matches((await stands.HS256.tollgate(['key', 'rotate']).catch(
		(failure) => failure)).stderr, /jwt\.secret/, 'what it says');
});

test('without a key that server.secret opens there are sessions, but no tokens',
	async () => {
		const at = stands.ES256;
		const who = await person(at);
		const session = () => who.get('/api/auth/get-session');
		const { kid } = read((await session()).header('set-auth-jwt'),
			0);

		await at.psql(`UPDATE signing_keys SET
			private_key = set_byte(private_key, 40, 1)`);
		await at.restart();

		const blind = await session();

		is(blind.status, 200, 'the status of get-session');
		is(blind.json().user.id, who.id, 'who it is');
		is(blind.header('set-auth-jwt'), null, 'the token');
		is((await who.get('/api/auth/token')).status, 500,
			'the status of /token');
		await eventually('the log names the remedy', async () =>
			at.log().some(({ message }) =>
				message?.includes(`tollgate key retire ${kid}`)));
		await at.tollgate(['key', 'retire', kid]);
		ok(verifies((await session()).header('set-auth-jwt'),
			await keysOf(at)), 'the next token does not verify');
	});
