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
	'admin.enabled': true,
	'user.delete': true,
	'user.delete_verification': true,
};

/* The names of Better Auth for what tests set behind an app's back. */
const COLUMNS = { email_verified: '"emailVerified"', role: 'role' };

/*
 * { url, letter(kind, to), set(userId, column, value), stop() }: the newest
 * letter on its way, and a column of a user.
 */
export async function startSite(config = {}) {
	const at = process.env.TG_REFERENCE ?
		await startReference({ secret: SECRET }) :
		await stand({ name: 'client', config: { ...CONFIG, ...config } });

	return {
		url: at.url,
		set: (id, column, value) => at.psql !== undefined ?
			at.psql(`UPDATE users SET ${column} = '${value}'
				WHERE id = '${id}'`) :
			at.query(`UPDATE "user" SET ${COLUMNS[column]} = '${value}'
				WHERE id = '${id}'`),
		stop: () => at.stop(),
		async letter(kind, to) {
			const all = at.letters instanceof Function ?
				await at.letters() : at.letters;

			return all.filter((one) => one.kind === kind &&
				one.recipient === to).at(-1);
		},
	};
}
