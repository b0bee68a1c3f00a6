/* A session handed on to another browser. */
import { after, before, is, secret, test } from '../http/suite.mjs';
import { App, person } from './app.mjs';
import { startSite } from './site.mjs';

let site;

before(async () => {
	site = await startSite({ 'one_time_token.enabled': true });
});

after(() => site?.stop());

test('a session is handed on once', async () => {
	const app = await person(site), other = new App(site);
	const { token } = await app.yes('oneTimeToken.generate');
	const { session } = await other.yes('oneTimeToken.verify',
		{ token: secret(token) });

	is(session.id, (await app.session()).session.id, 'the session');
	is((await other.session()).user.id, app.id, 'the user');
	await new App(site).no(400, undefined, 'oneTimeToken.verify',
		{ token });
	await new App(site).no(401, 'UNAUTHORIZED', 'oneTimeToken.generate');
});

test('a token of a session that has ended is none', async () => {
	const app = await person(site);
	const { token } = await app.yes('oneTimeToken.generate');

	await app.yes('signOut');
	is((await new App(site).do('oneTimeToken.verify',
		{ token: secret(token) })).error.status, 400, 'the status');
});
