/*
 * Who may pass where: an entry for each row of `tollgate routes`.
 *
 * An entry says what nobody, a user, admin_ro, admin_rw and super_admin get
 * for a request that is right in all other respects, and what makes it right.
 * OUT is the refusal of nobody: 401 for programs, 303 to /login for people.
 *
 * status   five statuses in that order
 * params   of the path: an object, or a function of the world (test_matrix)
 * query    with its question mark
 * body     fields, or a function of the world; sent as JSON or as a form, as
 *          the row's face has it
 * headers  further ones, or a function of the world
 */
import { PASSWORD } from './suite.mjs';

export const ROLES = ['nobody', 'user', 'admin_ro', 'admin_rw', 'super_admin'];
export const OUT = 'out';

const all = (status, more) => ({ status: Array(5).fill(status), ...more });
const signedIn = (status, more) => ({
	status: [OUT, status, status, status, status], ...more });

const signUp = (world) => ({ name: 'New', email: world.freshEmail(),
	password: PASSWORD });
const signIn = (world) => ({ email: world.someone.email, password: PASSWORD });
const change = { currentPassword: PASSWORD, newPassword: PASSWORD };
const otherSession = async (world) => ({ id: await world.otherSession() });

export const MATRIX = {
	/* the wire contract */
	'GET /api/auth/get-session': all(200),
	'POST /api/auth/get-session': all(405),
	'GET /api/auth/session': all(200),
	'GET /api/auth/ok': all(200),
	'GET /api/auth/error': all(302),
	'POST /api/auth/sign-up/email': all(200, { body: signUp }),
	'POST /api/auth/sign-in/email': all(200, { body: signIn }),
	'POST /api/auth/sign-out': all(200),
	'GET /api/auth/list-sessions': signedIn(200),
	'POST /api/auth/revoke-session': signedIn(200, {
		body: async (world) => ({ token: await world.otherSession() }) }),
	'POST /api/auth/revoke-sessions': signedIn(200),
	'POST /api/auth/revoke-other-sessions': signedIn(200),
	'POST /api/auth/update-session': signedIn(200, {
		body: { colour: 'green' } }),
	'POST /api/auth/update-user': signedIn(200, { body: { name: 'Renamed' } }),
	'POST /api/auth/change-password': signedIn(200, { body: change }),
	'GET /api/auth/list-accounts': signedIn(200),

	/* the short names */
	'POST /api/auth/signup': all(200, { body: signUp }),
	'POST /api/auth/signin': all(200, { body: signIn }),
	'POST /api/auth/signout': all(200),
	'POST /auth/register': all(200, { body: signUp }),
	'POST /auth/login': all(200, { body: signIn }),
	'POST /auth/logout': all(200),
	'GET /auth/session': signedIn(200),
	'GET /auth/health': all(200),

	/* pages of a visitor */
	'GET /': all(302),
	'GET /assets/:name': all(200, { params: { name: 'app.css' } }),
	'GET /login': { status: [200, 303, 303, 303, 303] },
	'POST /login': all(303, { body: signIn }),
	'GET /signup': { status: [200, 303, 303, 303, 303] },
	'POST /signup': all(303, { body: signUp }),
	'GET /logout': signedIn(200),
	'POST /logout': all(303),

	/* pages of a user */
	'GET /account': signedIn(200),
	'POST /account': signedIn(303, { body: { name: 'Renamed' } }),
	'GET /account/security': signedIn(200),
	'POST /account/security/password': signedIn(303, { body: change }),
	'POST /account/security/sessions/revoke-others': signedIn(303),
	'POST /account/security/sessions/:id/revoke': signedIn(303, {
		params: otherSession }),

	/* our own API */
	'GET /api/me': signedIn(200),
};
