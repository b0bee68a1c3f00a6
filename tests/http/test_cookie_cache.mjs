/*
 * The session_data cookie: clients get it, and nothing is ever decided by it.
 */
import { decodeSessionData } from '../contract/decode.mjs';
import { SESSION, after, before, is, ok, person, request, stand, test }
	from './suite.mjs';

const DATA = 'better-auth.session_data';
const SECRET = 'cookie-secret-0123456789abcdefABCDEF';
const WAYS = ['compact', 'jwt', 'jwe'];

const stands = {};

before(async () => {
	for (const way of WAYS)
		stands[way] = await stand({ name: way, config: {
			'server.secret': SECRET, 'session.cookie_cache': way,
			'user.fields': 'note:string' } });
});
after(async () => {
	for (const one of Object.values(stands))
		is((await one.stop()).code, 0, 'the exit status');
});

const data = (response) => response.cookies.filter((line) =>
	line.startsWith(DATA));
const session = async (who) => (await who.get('/api/auth/get-session')).json();

for (const way of WAYS) {
	test(`${way}: who signs in gets a copy made with our secret`, async () => {
		const who = await person(stands[way]);

		ok(decodeSessionData(who.jar.get(DATA), SECRET).right,
			'it was made with something else');
		is(data(await who.get('/api/auth/get-session')).length, 0,
			'the number of new copies while one is good');
	});

	test(`${way}: a copy keeps nobody signed in`, async () => {
		const at = stands[way];
		const [revoked, banned, expired] = [await person(at),
			await person(at), await person(at)];

		await at.psql(`DELETE FROM sessions
			WHERE user_id = '${revoked.id}'`);
		await at.psql(`UPDATE users SET banned = true
			WHERE id = '${banned.id}'`);
		await at.psql(`UPDATE sessions SET expires_at = now()
			WHERE user_id = '${expired.id}'`);
		for (const who of [revoked, banned, expired]) {
			ok(who.jar.get(DATA), 'no copy');
			is(await session(who), null, 'the session');
			is(who.jar.get(DATA), undefined, 'the copy after that');
		}
	});

	test(`${way}: a copy alone, or beside another's token, is nothing`,
		async () => {
			const at = stands[way];
			const [who, other] = [await person(at), await person(at)];
			const ask = async (cookie) => (await request(at.url, {
				path: '/api/auth/get-session',
				headers: { Cookie: cookie } })).json();
			const copy = `${DATA}=${other.jar.get(DATA)}`;

			is(await ask(copy), null, 'the session');
			is((await ask(`${SESSION}=${who.jar.get(SESSION)}; ${copy}`))
				.user.id, who.id, 'the user');
		});

	test(`${way}: what was changed is answered at once`, async () => {
		const at = stands[way];
		const who = await person(at);

		await at.psql(`UPDATE users SET name = 'Changed'
			WHERE id = '${who.id}'`);
		is((await session(who)).user.name, 'Changed', 'the name');
	});

	test(`${way}: who changes his profile gets a new copy`, async () => {
		const who = await person(stands[way]);
		const old = who.jar.get(DATA);

		await who.json('/api/auth/update-user', { name: 'Renamed' });
		ok(who.jar.get(DATA) !== old, 'the copy is the old one');
		if (way !== 'jwe')
			ok(JSON.stringify(decodeSessionData(who.jar.get(DATA),
				SECRET).shown).includes('Renamed'),
			'the copy has the old name');
	});

	test(`${way}: a long copy comes in chunks, which sign-out deletes`,
		async () => {
			const who = await person(stands[way]);
			const chunks = () => [0, 1].filter((i) =>
				who.jar.get(`${DATA}.${i}`) !== undefined).length;

			await who.json('/api/auth/update-user',
				{ note: 'n'.repeat(1900), image:
					`https://x.example/${'i'.repeat(1900)}` });
			is(chunks(), 2, 'the number of chunks');
			is(who.jar.get(DATA), undefined, 'the whole cookie');
			is(data(await who.get('/api/auth/get-session')).length, 0,
				'the number of new copies while one is good');
			await who.json('/api/auth/sign-out', {});
			is(chunks(), 0, 'the number of chunks after that');
		});
}
