/*
 * Where the apps of these tests are at home: a tollgate with everything on. Or
 * Better Auth itself, where TG_REFERENCE is set, to see that the tests ask for
 * nothing but what an app may expect.
 */
import { stand } from '../http/suite.mjs';
import { startReference } from '../import/reference.mjs';

const SECRET = 'stand-secret-0123456789abcdefABCDEF';
const CONFIG = {
	'user.fields': 'plan:string, seats:number',
	'session.fields': 'theme:string',
	'username.enabled': true,
};

/* { url, letter(kind, to), sql(text), stop() } */
export async function startSite(config = {}) {
	const at = process.env.TG_REFERENCE ?
		await startReference({ secret: SECRET }) :
		await stand({ name: 'client', config: { ...CONFIG, ...config } });

	return {
		url: at.url,
		sql: at.psql ?? at.query,
		stop: () => at.stop(),
		async letter(kind, to) {
			const all = at.letters instanceof Function ?
				await at.letters() : at.letters;

			return all.filter((one) => one.kind === kind &&
				one.recipient === to).at(-1);
		},
	};
}
