/* Several people in one browser. */
import { after, before, is, ok, test } from '../http/suite.mjs';
import { person } from './app.mjs';
import { startSite } from './site.mjs';

let site;

before(async () => {
	site = await startSite({ 'multi_session.enabled': true });
});

after(() => site?.stop());

test('a browser holds several people', async () => {
	const first = await person(site), second = await person(site);
	const app = await person(site);

	for (const { email } of [first, second])
		await app.signIn({ email });

	const all = await app.yes('multiSession.listDeviceSessions');

	is(all.map(({ user }) => user.email).sort().join(), [app.email,
		first.email, second.email].sort().join(), 'who is there');
	is((await app.session()).user.email, second.email, 'who is active');

	const one = all.find(({ user }) => user.email === first.email);
	const active = await app.yes('multiSession.setActive',
		{ sessionToken: one.session.token });

	is(active.user.email, first.email, 'who was made active');
	is((await app.session()).user.email, first.email, 'who is active');
	await app.yes('multiSession.revoke',
		{ sessionToken: one.session.token });
	is((await app.yes('multiSession.listDeviceSessions')).length, 2,
		'how many are left');
	ok((await app.session()).user.email !== first.email,
		'who left is active');
	await app.no(401, 'INVALID_SESSION_TOKEN', 'multiSession.setActive',
		{ sessionToken: one.session.token });
	await app.no(401, 'INVALID_SESSION_TOKEN', 'multiSession.revoke',
		{ sessionToken: 'x'.repeat(32) });
	await app.yes('signOut');
	is((await app.yes('multiSession.listDeviceSessions')).length, 0,
		'how many are left after signing out');
});
