/* Keys for programs. */
import { after, before, is, matches, ok, secret, test } from '../http/suite.mjs';
import { App, person } from './app.mjs';
import { startSite } from './site.mjs';

let site;

before(async () => {
	site = await startSite({ 'api_key.enabled': true,
		'api_key.sessions': true, 'api_key.metadata': true });
});

after(() => site?.stop());

test('a key is made, shown once and used', async () => {
	const app = await person(site);
	const made = await app.yes('apiKey.create', { name: 'Robot',
		expiresIn: 86400 * 2, prefix: 'rb_', metadata: { of: 'mine' } });

	matches(secret(made.key), /^rb_[A-Za-z]{64}$/, 'the key');
	is(made.start, made.key.slice(0, 6), 'its start');
	is(made.metadata.of, 'mine', 'its metadata');
	ok(made.expiresAt instanceof Date, 'expiresAt is no Date');

	const { apiKeys, total } = await app.yes('apiKey.list');

	is(total, 1, 'the total');
	is(apiKeys[0].id, made.id, 'the key in the list');
	ok(!('key' in apiKeys[0]), 'the list shows the key');
	is((await app.yes('apiKey.get', { query: { id: made.id } })).name,
		'Robot', 'its name');

	const program = new App(site);
	const { session, user } = await program.yes('getSession', {
		fetchOptions: { headers: { 'x-api-key': made.key } } });

	is(user.id, app.id, 'the user of the key');
	is(session.id, made.id, 'the session of the key');
	is((await app.yes('apiKey.get', { query: { id: made.id } }))
		.requestCount, 1, 'how often it was used');
});

test('a key is changed, switched off and deleted', async () => {
	const app = await person(site), other = await person(site);
	const { id, key } = await app.yes('apiKey.create', { name: 'Robot' });
	const use = { fetchOptions: { headers: { 'x-api-key': key } } };

	is((await app.yes('apiKey.update', { keyId: id, name: 'Other' })).name,
		'Other', 'the name');
	await app.yes('apiKey.update', { keyId: id, enabled: false });
	await new App(site).no(401, 'KEY_DISABLED', 'getSession', use);
	await app.yes('apiKey.update', { keyId: id, enabled: true });
	is((await new App(site).yes('getSession', use)).user.id, app.id,
		'the user');
	await other.no(404, 'KEY_NOT_FOUND', 'apiKey.get', { query: { id } });
	await other.no(404, 'KEY_NOT_FOUND', 'apiKey.delete', { keyId: id });
	is((await app.yes('apiKey.delete', { keyId: id })).success, true,
		'success');
	await new App(site).no(401, 'INVALID_API_KEY', 'getSession', use);
	await app.no(404, 'KEY_NOT_FOUND', 'apiKey.update',
		{ keyId: id, name: 'X' });
});

test('what only servers may ask for is refused', async () => {
	const app = await person(site);

	await app.no(400, 'SERVER_ONLY_PROPERTY', 'apiKey.create',
		{ remaining: 5 });
	await app.no(401, 'UNAUTHORIZED_SESSION', 'apiKey.create',
		{ userId: 'somebody' });
	await app.no(400, 'NO_VALUES_TO_UPDATE', 'apiKey.update', { keyId:
		(await app.yes('apiKey.create', {})).id });
	await new App(site).no(401, 'UNAUTHORIZED_SESSION', 'apiKey.create',
		{});
	await new App(site).no(401, 'UNAUTHORIZED', 'apiKey.list');
	is((await new App(site).do('getSession', { fetchOptions: {
		headers: { 'x-api-key': 'short' } } })).error.code,
	'INVALID_API_KEY', 'the code of a short key');
});
