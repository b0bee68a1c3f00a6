/* Tokens: apps without cookies, and others that verify what we sign. */
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { after, before, is, matches, ok, secret, test }
	from '../http/suite.mjs';
import { App, person } from './app.mjs';
import { startSite } from './site.mjs';

let site, keys;

before(async () => {
	site = await startSite({ 'jwt.enabled': true });
	keys = createRemoteJWKSet(new URL(`${site.url}/api/auth/jwks`));
});

after(() => site?.stop());

function verify(token, more = {}) {
	return jwtVerify(token, keys, { issuer: site.url, audience: site.url,
		...more });
}

async function refused(work, code) {
	const error = await work.then(() => null, (caught) => caught);

	is(error?.code, code, 'the error of jose');
}

test('a token names the user, and jose believes it', async () => {
	const app = await person(site);
	const { token } = await app.yes('token');
	const { payload, protectedHeader } = await verify(secret(token));

	is(payload.sub, app.id, 'the subject');
	is(payload.email, app.email, 'the address');
	is(payload.exp - payload.iat, 900, 'the lifetime');
	matches(protectedHeader.kid, /./, 'the key\'s id');
	is(protectedHeader.alg, 'RS256', 'the algorithm');
	await refused(verify(token, { audience: 'https://other.example' }),
		'ERR_JWT_CLAIM_VALIDATION_FAILED');
	await refused(verify(token, { currentDate: new Date(Date.now() +
		901000) }), 'ERR_JWT_EXPIRED');
	await refused(verify(token.replace(/.{8}$/, 'AAAAAAAA')),
		'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
	await new App(site).no(401, 'UNAUTHORIZED', 'token');
});

test('the client fetches the keys', async () => {
	const app = await person(site);
	const { token } = await app.yes('token');
	const { keys: all } = await app.yes('jwks');
	const key = all.find(({ kid }) =>
		kid === decodeProtectedHeader(token).kid);

	ok(key !== undefined, 'the key is not among them');
	ok(!('d' in key), 'a private member is shown');
});

test('the session brings a token along', async () => {
	const app = await person(site);
	let token = null;

	await app.yes('getSession', { fetchOptions: { onSuccess: (context) => {
		token = context.response.headers.get('set-auth-jwt');
	} } });
	is((await verify(secret(token))).payload.sub, app.id, 'the subject');
});

/* An app that keeps the token of set-auth-token, and no cookies. */
async function bearer() {
	const app = new App(site, {
		onSuccess: (context) => {
			app.token = context.response.headers.get('set-auth-token')
				?? app.token;
		},
		auth: { type: 'Bearer', token: () => app.token ?? '' },
	});

	app.browser.jar.header = () => null;
	return app.signUp();
}

test('an app without cookies bears its session', async () => {
	const app = await bearer();
	const { session } = await app.session();

	is(session.userId, app.id, 'the user');
	ok(secret(app.token).startsWith(`${session.token}.`),
		'the token is not the signed one');
	await app.yes('updateUser', { name: 'Bearer' });
	is((await app.session()).user.name, 'Bearer', 'the name');
	is((await verify((await app.yes('token')).token)).payload.sub, app.id,
		'the subject of its token');
	await app.yes('signOut');
	is(await app.session(), null, 'the session afterwards');
});

test('a bearer token has three spellings, and no fourth', async () => {
	const app = await bearer(), signed = app.token;

	for (const token of [signed.split('.')[0], signed,
		encodeURIComponent(signed)]) {
		app.token = token;
		is((await app.session())?.user.id, app.id,
			`the user by ${token.length} characters`);
	}
	for (const token of [signed.slice(0, -4) + 'AAA=',
		'x'.repeat(32), '']) {
		app.token = token;
		is(await app.session(), null, 'the session by another');
	}
});

test('a token outlives its session, the session does not', async () => {
	const app = await person(site);
	const { token } = await app.yes('token');

	await app.yes('signOut');
	is((await verify(token)).payload.sub, app.id, 'the subject');
	await app.no(401, 'UNAUTHORIZED', 'token');
	await app.signIn();
});
