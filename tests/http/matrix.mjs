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
 * reads    changes nothing, though it is no GET
 * bare     OUT is a 401 without a body
 * code     of a 403, FORBIDDEN unless said
 */
import { signature } from '../lib/stripe.mjs';
import { PASSWORD } from './suite.mjs';

export const ROLES = ['nobody', 'user', 'admin_ro', 'admin_rw', 'super_admin'];
export const OUT = 'out';

const all = (status, more) => ({ status: Array(5).fill(status), ...more });
const signedIn = (status, more) => ({
	status: [OUT, status, status, status, status], ...more });
const mayRead = (status, more) => ({
	status: [OUT, 403, status, status, status], ...more });
const mayWrite = (status, more) => ({
	status: [OUT, 403, 403, status, status], ...more });

const mayOwn = (status, more) => ({
	status: [OUT, 403, 403, 403, status], ...more });
/* The contract's administrators: nobody gets no body, others a code. */
const coded = (entry, code) => ({ ...entry, bare: true,
	code: `YOU_ARE_NOT_ALLOWED_TO_${code}` });

const signUp = (world) => ({ name: 'New', email: world.freshEmail(),
	password: PASSWORD });
const signIn = (world) => ({ email: world.someone.email, password: PASSWORD });
const signInByName = (world) => ({ username: world.someone.username,
	password: PASSWORD });
const change = { currentPassword: PASSWORD, newPassword: PASSWORD };
const own = (world) => ({ email: world.actor.email });
const forgot = (world) => ({ email: world.someone.email });
const move = (world) => ({ newEmail: world.freshEmail() });
const reset = async (world) => ({ newPassword: PASSWORD,
	token: await world.resetToken() });
const victim = (world) => ({ id: world.victim.id });
const order = (world) => ({ id: world.order });
const proposal = async (world) => ({ id: await world.proposal() });
const ownProposal = async (world) => ({
	id: await world.proposal(world.actor) });
const affiliate = (world) => ({ id: world.affiliate });
const ownOrder = async (world) => ({ id: await world.orderOf(world.actor) });
const freshOrder = async (world) => ({
	id: await world.orderOf(world.victim) });
const somePlan = (world) => ({ id: world.plan });
const plan = (world) => ({ kind: 'pack', name: world.key(), title: 'Matrix',
	price: '9.00', currency: 'EUR', credits: '10', active: 'on' });
const planJson = (world) => ({ kind: 'pack', name: world.key(),
	title: 'Matrix', priceMinor: 900, currency: 'EUR', credits: 10 });
const event = async (world) => ({ id: await world.event() });
const letter = async (world) => ({ id: await world.letter() });
const keyed = (world) => ({ 'Idempotency-Key': world.key() });
const grant = (world) => ({ amount: '5', reason: 'Matrix',
	key: world.key() });
const grantJson = (world) => ({ userId: world.victim.id, amount: 5,
	reason: 'Matrix' });
/* of the actor, of somebody else */
const hold = async (world) => ({ id: await world.hold(world.actor) });
const holdOf = async (world) => ({ id: await world.hold(world.victim) });
const transfer = async (world) => ({ id: await world.spend(world.actor) });
const refundJson = async (world) => ({ userId: world.victim.id,
	transferId: await world.spend(world.victim), reason: 'Matrix' });
const holdOn = async (world) => ({ ...victim(world),
	hid: await world.hold(world.victim) });
const consumption = { type: 'matrix', amount: 2, cost: 1 };
const whom = (world) => ({ userId: world.victim.id });
const otherSession = async (world) => ({ id: await world.otherSession() });

const note = { rating: 4, subject: 'Matrix', text: 'It fits.' };
const feedback = async (world) => ({ id: await world.feedback() });

const entitled = async (world) => ({ id: world.victim.id,
	eid: await world.entitlement() });
const licensed = async (world) => ({ id: world.victim.id,
	lid: await world.licence() });
const licence = async (world) => ({ id: await world.licence() });
const item = async (world) => ({ id: await world.item() });
const makeItem = (world) => ({ name: `Item ${world.key()}`, price: 1,
	unit: 'hour' });
const reservation = async (world) => ({ id: await world.reservation() });
const ownReservation = async (world) => ({
	id: await world.reservation(world.actor) });
const reserve = async (world) => ({ itemId: await world.item(),
	from: '2027-03-01T10:00Z', to: '2027-03-01T11:00Z' });

const signingKey = async (world) => ({ id: await world.signingKey() });
const self = (world) => ({ user_id: world.actor.id ?? 'none' });
const ownTask = async (world) => ({ ...self(world),
	task_id: await world.ownTask() });

/* Whoever knows the secret may report; nobody else, whoever he is. */
export const WEBHOOK_SECRET = 'whsec_matrix';
const report = { id: 'evt_1', object: 'event', type: 'matrix.reported',
	data: { object: {} } };
const signed = () => ({ 'Stripe-Signature': signature(JSON.stringify(report),
	WEBHOOK_SECRET) });

export const MATRIX = {
	/* the wire contract */
	'GET /api/auth/get-session': all(200),
	'POST /api/auth/get-session': all(405),
	'GET /api/auth/session': all(200),
	'GET /api/auth/ok': all(200),
	'GET /api/auth/error': all(302),
	'POST /api/auth/sign-up/email': all(200, { body: signUp }),
	'POST /api/auth/sign-in/email': all(200, { body: signIn }),
	'POST /api/auth/sign-in/username': all(200, { body: signInByName }),
	'POST /api/auth/is-username-available': all(200, {
		body: { username: 'matrix' } }),
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
	'POST /api/auth/verify-password': signedIn(200, {
		body: { password: PASSWORD } }),
	'POST /api/auth/request-password-reset': all(200, { body: forgot }),
	'GET /api/auth/reset-password/:token': all(302, {
		params: { token: 'none' }, query: '?callbackURL=%2Fx' }),
	'POST /api/auth/reset-password': all(200, { body: reset }),
	'POST /api/auth/send-verification-email': all(200, { body: own }),
	'GET /api/auth/verify-email': all(200, {
		query: (world) => `?token=${world.mailToken()}` }),
	'POST /api/auth/change-email': signedIn(200, { body: move }),
	'POST /api/auth/delete-user': signedIn(200, { body: {} }),
	'GET /api/auth/delete-user/callback': all(404, {
		query: '?token=none' }),
	'GET /api/auth/list-accounts': signedIn(200),
	'POST /api/auth/unlink-account': signedIn(400, {
		body: { accountId: 'none' } }),
	'POST /api/auth/sign-in/social': all(404, {
		body: { provider: 'github' } }),
	'POST /api/auth/link-social': signedIn(404, {
		body: { provider: 'github' } }),
	'GET /api/auth/token': signedIn(200),
	'POST /api/auth/subscription/upgrade': signedIn(400, {
		body: { plan: 'none' } }),
	'POST /api/auth/subscription/cancel': signedIn(400, {
		body: { returnUrl: '/' } }),
	'POST /api/auth/subscription/restore': signedIn(400, { body: {} }),
	'GET /api/auth/subscription/list': signedIn(200),
	'GET /api/auth/subscription/success': all(302),
	'POST /api/auth/subscription/billing-portal': signedIn(404, {
		body: {} }),
	'POST /api/auth/stripe/webhook': all(200, { body: report,
		headers: signed }),
	'GET /api/auth/jwks': all(200),

	/* the same, for administrators */
	'POST /api/auth/admin/create-user': coded(mayWrite(200, {
		body: (world) => ({ name: 'New', email: world.freshEmail() }) }),
	'CREATE_USERS'),
	'POST /api/auth/admin/update-user': coded(mayWrite(200, {
		body: (world) => ({ ...whom(world), data: { name: 'Renamed' } }) }),
	'UPDATE_USERS'),
	'GET /api/auth/admin/list-users': coded(mayRead(200), 'LIST_USERS'),
	'POST /api/auth/admin/set-role': coded(mayWrite(200, {
		body: (world) => ({ ...whom(world), role: 'user' }) }),
	'CHANGE_USERS_ROLE'),
	'GET /api/auth/admin/get-user': coded(mayRead(200, {
		query: (world) => `?id=${world.victim.id}` }), 'GET_USER'),
	'POST /api/auth/admin/list-user-sessions': coded(mayRead(200, {
		body: whom, reads: true }), 'LIST_USERS_SESSIONS'),
	'POST /api/auth/admin/ban-user': coded(mayWrite(200, { body: whom }),
		'BAN_USERS'),
	'POST /api/auth/admin/unban-user': coded(mayWrite(200, { body: whom }),
		'BAN_USERS'),
	'POST /api/auth/admin/revoke-user-session': coded(mayWrite(200, {
		body: async (world) => ({
			sessionToken: await world.victimSession() }) }),
	'REVOKE_USERS_SESSIONS'),
	'POST /api/auth/admin/revoke-user-sessions': coded(mayWrite(200, {
		body: whom }), 'REVOKE_USERS_SESSIONS'),
	'POST /api/auth/admin/remove-user': coded(mayWrite(200, {
		body: async (world) => ({
			userId: (await world.goner()).id }) }),
	'DELETE_USERS'),
	'POST /api/auth/admin/set-user-password': coded(mayWrite(200, {
		body: (world) => ({ ...whom(world), newPassword: PASSWORD }) }),
	'SET_USERS_PASSWORD'),
	'POST /api/auth/admin/impersonate-user': coded(mayWrite(200, {
		body: (world) => ({ userId: world.someone.id }) }),
	'IMPERSONATE_USERS'),
	'POST /api/auth/admin/stop-impersonating': { ...signedIn(400),
		bare: true },
	'POST /api/auth/admin/has-permission': { ...signedIn(200, {
		body: { permissions: { user: ['list'] } } }), bare: true },
	'GET /api/auth/multi-session/list-device-sessions': all(200),
	'POST /api/auth/multi-session/set-active': all(401, {
		body: { sessionToken: 'none' } }),
	'GET /api/auth/one-time-token/generate': signedIn(200),
	'POST /api/auth/one-time-token/verify': all(400, {
		body: { token: 'none' } }),
	'POST /api/auth/api-key/create': signedIn(200, { body: {} }),
	'GET /api/auth/api-key/get': signedIn(404, { query: '?id=none' }),
	'GET /api/auth/api-key/list': signedIn(200),
	'POST /api/auth/api-key/update': signedIn(404, {
		body: { keyId: 'none', name: 'Renamed' } }),
	'POST /api/auth/api-key/delete': signedIn(404, {
		body: { keyId: 'none' } }),
	'POST /api/auth/multi-session/revoke': signedIn(401, {
		body: { sessionToken: 'none' } }),

	/* the short names */
	'GET /.well-known/jwks.json': all(200),
	'POST /api/auth/signup': all(200, { body: signUp }),
	'POST /api/auth/signin': all(200, { body: signIn }),
	'POST /api/auth/signout': all(200),
	'POST /auth/register': all(200, { body: signUp }),
	'POST /auth/login': all(200, { body: signIn }),
	'POST /auth/logout': all(200),
	'GET /auth/session': signedIn(200),
	'GET /auth/health': all(200),

	/* for whoever runs it: this machine */
	'GET /metrics': all(200),

	/* pages of a visitor */
	'GET /': all(302),
	'GET /assets/:name': all(200, { params: { name: 'app.css' } }),
	'GET /login': { status: [200, 303, 303, 303, 303] },
	'POST /login': all(303, { body: signIn }),
	'GET /signup': { status: [200, 303, 303, 303, 303] },
	'POST /signup': all(303, { body: signUp }),
	'GET /logout': signedIn(200),
	'POST /logout': all(303),
	'GET /forgot-password': all(200),
	'POST /forgot-password': all(303, { body: forgot }),
	'GET /reset-password': all(200),
	'POST /reset-password': all(303, { body: reset }),
	'GET /verify-email': all(200),
	'POST /verify-email': all(303, { body: own }),

	/* pages of a user */
	'GET /account': signedIn(200),
	'POST /account': signedIn(303, { body: { name: 'Renamed' } }),
	'GET /account/security': signedIn(200),
	'POST /account/security/password': signedIn(303, { body: change }),
	'POST /account/security/sessions/revoke-others': signedIn(303),
	'POST /account/security/sessions/:id/revoke': signedIn(303, {
		params: otherSession }),

	'GET /account/email': signedIn(200),
	'POST /account/email': signedIn(303, { body: (world) => ({
		...move(world), currentPassword: PASSWORD }) }),
	'GET /account/delete': signedIn(200),
	'POST /account/delete': signedIn(303, { body: (world) => ({
		...own(world), password: PASSWORD }) }),
	/* Whoever acts as nobody else is shown the page again. */
	'POST /account/impersonation/stop': signedIn(400),
	'GET /account/keys': signedIn(200),
	'POST /account/keys': signedIn(200, {
		body: { name: 'Matrix', days: '30' } }),
	'POST /account/keys/:id/revoke': signedIn(404, {
		params: { id: 'none' } }),
	'POST /account/switch/:id': signedIn(303, { params: otherSession }),
	'POST /account/leave/:id': signedIn(303, { params: otherSession }),
	'GET /account/credits': signedIn(200),
	'GET /account/orders': signedIn(200),
	'GET /account/orders/:id': signedIn(200, { params: ownOrder }),
	'POST /account/orders': signedIn(404, { body: { planId: 'none' } }),
	'POST /account/orders/:id/pay': signedIn(404, {
		params: { id: 'none' } }),
	'POST /account/orders/:id/cancel': signedIn(303, { params: ownOrder }),
	'GET /account/orders/:id/receipt': signedIn(404, { params: ownOrder }),
	'GET /account/subscriptions': signedIn(200),
	'POST /account/subscriptions': signedIn(400, {
		body: { plan: 'none' } }),
	'POST /account/subscriptions/billing': signedIn(404, { body: {} }),
	'GET /account/licences': signedIn(200),
	'GET /account/licences/:id/file': signedIn(404, {
		params: { id: 'none' } }),
	'GET /account/reservations': signedIn(200),
	'POST /account/reservations': signedIn(303, { body: reserve }),
	'POST /account/reservations/:id/cancel': signedIn(303, {
		params: ownReservation }),
	'GET /account/feedback': signedIn(200),
	'POST /account/feedback': signedIn(303, { body: note }),
	'GET /account/referrals': signedIn(200),

	/* pages of an admin */
	'GET /admin': mayRead(200),
	'GET /admin/users': mayRead(200),
	'GET /admin/users.csv': mayRead(200),
	'GET /admin/users/new': mayWrite(200),
	'POST /admin/users': mayWrite(303, { body: (world) => ({
		name: 'New', email: world.freshEmail(), role: 'user' }) }),
	'GET /admin/users/:id': mayRead(200, { params: victim }),
	'POST /admin/users/:id/role': mayWrite(303, { params: victim,
		body: { role: 'user' } }),
	'POST /admin/users/:id/ban': mayWrite(303, { params: victim,
		body: { reason: 'Matrix', days: '3' } }),
	'POST /admin/users/:id/unban': mayWrite(303, { params: victim }),
	'POST /admin/users/:id/impersonate': mayWrite(303, {
		params: (world) => ({ id: world.someone.id }),
		body: { reason: 'Matrix' } }),
	'POST /admin/users/:id/password': mayWrite(303, { params: victim,
		body: { newPassword: PASSWORD } }),
	'POST /admin/users/:id/password-link': mayWrite(303, {
		params: victim }),
	'POST /admin/users/:id/remove': mayWrite(303, {
		params: async (world) => ({ id: (await world.goner()).id }),
		body: (world) => ({ email: world.gone.email }) }),
	'POST /admin/users/:id/sessions/revoke': mayWrite(303, {
		params: victim }),
	'POST /admin/users/:id/sessions/:sid/revoke': mayWrite(303, {
		params: async (world) => ({ id: world.victim.id,
			sid: await world.victimSession() }) }),
	'POST /admin/users/:id/keys/:kid/revoke': mayWrite(404, {
		params: (world) => ({ ...victim(world), kid: 'none' }) }),
	'POST /admin/users/:id/grant': mayWrite(303, { params: victim,
		body: grant }),
	'POST /admin/users/:id/adjust': mayWrite(303, { params: victim,
		body: grant }),
	'POST /admin/users/:id/quota': mayWrite(303, { params: victim,
		body: { monthlyCreditsQuota: '1000' } }),
	'POST /admin/users/:id/entitlements': mayWrite(303, {
		params: victim, body: { key: 'seats', value: '5' } }),
	'POST /admin/users/:id/entitlements/:eid/drop': mayWrite(303, {
		params: entitled }),
	'POST /admin/users/:id/licences': mayWrite(303, { params: victim,
		body: { type: 'pro', features: 'export', limits: 'seats=5' } }),
	'POST /admin/users/:id/licences/:lid/revoke': mayWrite(303, {
		params: licensed, body: { reason: 'Matrix' } }),
	'GET /admin/licences': mayRead(200),
	'GET /admin/licences.csv': mayRead(200),
	'GET /admin/licences/:id/file': mayRead(200, { params: licence }),
	'POST /admin/users/:id/refund': mayWrite(303, { params: victim,
		body: async (world) => ({ reason: 'Matrix', key: world.key(),
			transferId: await world.spend(world.victim) }) }),
	'POST /admin/users/:id/holds/:hid/capture': mayWrite(303, {
		params: holdOn, body: (world) => ({ key: world.key() }) }),
	'POST /admin/users/:id/holds/:hid/void': mayWrite(303, {
		params: holdOn, body: (world) => ({ key: world.key() }) }),
	'GET /admin/credits': mayRead(200),
	'GET /admin/credits.csv': mayRead(200),
	'GET /admin/credits/expiring': mayRead(200),
	'GET /admin/credits/expiring.csv': mayRead(200),
	'GET /admin/credits/top': mayRead(200),
	'GET /admin/credits/top.csv': mayRead(200),
	'GET /admin/orders': mayRead(200),
	'GET /admin/orders.csv': mayRead(200),
	'GET /admin/orders/:id': mayRead(200, { params: order }),
	'POST /admin/orders/:id/refund': mayWrite(409, { params: order,
		body: (world) => ({ reason: 'Matrix', key: world.key() }) }),
	'POST /admin/orders/:id/mark-paid': mayWrite(303, {
		params: freshOrder, body: { reference: 'Matrix' } }),
	'GET /admin/orders/differences': mayRead(200),
	'POST /admin/orders/differences/:id/repair': mayWrite(404, {
		params: { id: 'none' } }),
	'GET /admin/plans': mayRead(200),
	'GET /admin/plans/new': mayWrite(200),
	'POST /admin/plans': mayWrite(303, { body: plan }),
	'GET /admin/plans/:id': mayRead(200, { params: somePlan }),
	'POST /admin/plans/:id/save': mayWrite(303, { params: somePlan,
		body: plan }),
	'GET /admin/audit': mayRead(200),
	'GET /admin/audit.csv': mayRead(200),
	'GET /admin/approvals': mayRead(200),
	'GET /admin/approvals.csv': mayRead(200),
	'POST /admin/approvals/:id/confirm': mayWrite(303, {
		params: proposal }),
	'POST /admin/approvals/:id/decline': mayWrite(303, {
		params: proposal }),
	'POST /admin/approvals/:id/withdraw': mayWrite(303, {
		params: ownProposal }),
	'GET /admin/subscriptions': mayRead(200),
	'GET /admin/subscriptions.csv': mayRead(200),
	'GET /admin/affiliates': mayRead(200),
	'GET /admin/affiliates.csv': mayRead(200),
	'GET /admin/affiliates/:id': mayRead(200, { params: affiliate }),
	'POST /admin/affiliates/:id/disable': mayWrite(303, {
		params: affiliate }),
	'POST /admin/affiliates/:id/enable': mayWrite(303, {
		params: affiliate }),
	'GET /admin/system': mayRead(200),

	'GET /admin/keys': mayRead(200),
	'POST /admin/keys': mayOwn(303),
	'POST /admin/keys/:id/retire': mayOwn(303, { params: signingKey }),
	'GET /admin/items': mayRead(200),
	'GET /admin/items.csv': mayRead(200),
	'POST /admin/items': mayWrite(303, { body: makeItem }),
	'GET /admin/items/:id': mayRead(200, { params: item }),
	'POST /admin/items/:id': mayWrite(303, { params: item,
		body: makeItem }),
	'GET /admin/reservations': mayRead(200),
	'GET /admin/reservations.csv': mayRead(200),
	'GET /admin/reservations/:id': mayRead(200, { params: reservation }),
	'POST /admin/reservations/:id/confirm': mayWrite(303, {
		params: reservation }),
	'POST /admin/reservations/:id/cancel': mayWrite(303, {
		params: reservation }),
	'GET /admin/feedback': mayRead(200),
	'GET /admin/feedback.csv': mayRead(200),
	'GET /admin/feedback/:id': mayRead(200, { params: feedback }),
	'POST /admin/feedback/:id/answer': mayWrite(303, { params: feedback,
		body: { text: 'It does.' } }),
	'POST /admin/feedback/:id/close': mayWrite(303, { params: feedback }),
	'POST /admin/feedback/:id/reopen': mayWrite(303, {
		params: feedback }),
	'GET /admin/events': mayRead(200),
	'GET /admin/events.csv': mayRead(200),
	'GET /admin/events/:id': mayRead(200, { params: event }),
	'GET /admin/events/:id/body': mayOwn(200, { params: event }),
	'GET /admin/mail': mayRead(200),
	'GET /admin/mail/:id': mayRead(200, { params: letter }),
	'GET /admin/mail/:id/body': mayOwn(200, { params: letter }),
	'POST /admin/mail/:id/resend': mayWrite(303, { params: letter }),
	'POST /admin/mail/:id/drop': mayWrite(303, { params: letter }),

	/* our own API */
	'GET /api/me': signedIn(200),
	'GET /api/me/referrals': signedIn(200),
	'GET /api/me/entitlements': signedIn(200),
	'POST /api/webhooks/stripe': all(200, { body: report,
		headers: signed }),
	'GET /api/keys': signedIn(200),
	'POST /api/keys': signedIn(200, { body: { name: 'Matrix' } }),
	'DELETE /api/keys/:id': signedIn(404, { params: { id: 'none' } }),
	'GET /api/credits/balance': signedIn(200),
	'POST /api/credits/spend': signedIn(200, { headers: keyed,
		body: { amount: 1, reason: 'Matrix' } }),
	'GET /api/credits/transfers': signedIn(200),
	'GET /api/credits/transfers/:id': signedIn(200, { params: transfer }),
	'GET /api/credits/holds': signedIn(200),
	'POST /api/credits/holds': signedIn(200, { headers: keyed,
		body: { amount: 1 } }),
	'GET /api/credits/holds/:id': signedIn(200, { params: hold }),
	'POST /api/credits/holds/:id/capture': signedIn(200, { params: hold,
		headers: keyed, body: {} }),
	'POST /api/credits/holds/:id/void': signedIn(200, { params: hold,
		headers: keyed, body: {} }),
	'GET /api/credits/usage': signedIn(200),
	'POST /api/credits/usage': signedIn(200, { headers: keyed,
		body: consumption }),
	'GET /api/items': signedIn(200),
	'GET /api/items/:id/busy': signedIn(200, { params: item }),
	'GET /api/reservations': signedIn(200),
	'POST /api/reservations': signedIn(200, { body: reserve }),
	'POST /api/reservations/:id/cancel': signedIn(200, {
		params: ownReservation }),
	'GET /api/feedback': signedIn(200),
	'POST /api/feedback': signedIn(200, { body: note }),
	'GET /api/:user_id/tasks': signedIn(200, { params: self }),
	'POST /api/:user_id/tasks': signedIn(200, { params: self,
		body: { title: 'Matrix' } }),
	'GET /api/:user_id/tasks/:task_id': signedIn(200, { params: ownTask }),
	'PUT /api/:user_id/tasks/:task_id': signedIn(200, { params: ownTask,
		body: { title: 'Matrix', completed: true } }),
	'DELETE /api/:user_id/tasks/:task_id': signedIn(200, {
		params: ownTask }),
	'GET /api/admin/users': mayRead(200),
	'GET /api/admin/users/:id': mayRead(200, { params: victim }),
	'POST /api/admin/users': mayWrite(200, { body: (world) => ({
		name: 'New', email: world.freshEmail() }) }),
	'DELETE /api/admin/users/:id': mayWrite(200, {
		params: async (world) => ({ id: (await world.goner()).id }) }),
	'POST /api/admin/users/:id/role': mayWrite(200, { params: victim,
		body: { role: 'user' } }),
	'POST /api/admin/users/:id/ban': mayWrite(200, { params: victim,
		body: { reason: 'Matrix', days: 3 } }),
	'POST /api/admin/users/:id/unban': mayWrite(200, { params: victim }),
	'POST /api/admin/users/:id/password': mayWrite(200, { params: victim,
		body: { newPassword: PASSWORD } }),
	'POST /api/admin/users/:id/password-link': mayWrite(200, {
		params: victim }),
	'GET /api/admin/users/:id/sessions': mayRead(200, { params: victim }),
	'DELETE /api/admin/users/:id/sessions': mayWrite(200, {
		params: victim }),
	'DELETE /api/admin/users/:id/sessions/:sid': mayWrite(200, {
		params: async (world) => ({ id: world.victim.id,
			sid: await world.victimSession() }) }),
	'PATCH /api/admin/users/:id': mayWrite(200, { params: victim,
		body: { monthlyCreditsQuota: 1000 } }),
	'GET /api/admin/users/:id/keys': mayRead(200, { params: victim }),
	'DELETE /api/admin/users/:id/keys/:kid': mayWrite(404, {
		params: (world) => ({ ...victim(world), kid: 'none' }) }),
	'GET /api/admin/users/:id/entitlements': mayRead(200, {
		params: victim }),
	'POST /api/admin/users/:id/entitlements': mayWrite(200, {
		params: victim, body: { key: 'seats', value: 5 } }),
	'DELETE /api/admin/users/:id/entitlements/:eid': mayWrite(200, {
		params: entitled }),
	'GET /api/admin/users/:id/licences': mayRead(200, { params: victim }),
	'POST /api/admin/users/:id/licences': mayWrite(200, { params: victim,
		body: { type: 'pro', features: ['export'],
			limits: { seats: 5 } } }),
	'POST /api/admin/users/:id/licences/:lid/revoke': mayWrite(200, {
		params: licensed, body: { reason: 'Matrix' } }),
	'GET /api/admin/licences': mayRead(200),
	'GET /api/admin/licences/:id': mayRead(200, { params: licence }),
	'GET /api/admin/users/:id/credits': mayRead(200, { params: victim }),
	'POST /api/admin/credits/grant': mayWrite(200, { headers: keyed,
		body: grantJson }),
	'POST /api/admin/credits/adjust': mayWrite(200, { headers: keyed,
		body: grantJson }),
	'POST /api/admin/credits/spend': mayWrite(200, { headers: keyed,
		body: (world) => ({ userId: world.victim.id, amount: 1 }) }),
	'POST /api/admin/credits/refund': mayWrite(200, { headers: keyed,
		body: refundJson }),
	'GET /api/admin/credits/holds': mayRead(200),
	'POST /api/admin/credits/holds': mayWrite(200, { headers: keyed,
		body: (world) => ({ userId: world.victim.id, amount: 1 }) }),
	'POST /api/admin/credits/holds/:id/capture': mayWrite(200, {
		params: holdOf, headers: keyed, body: {} }),
	'POST /api/admin/credits/holds/:id/void': mayWrite(200, {
		params: holdOf, headers: keyed, body: {} }),
	'GET /api/admin/credits/usage': mayRead(200),
	'GET /api/admin/orders': mayRead(200),
	'GET /api/admin/orders/:id': mayRead(200, { params: order }),
	'POST /api/admin/orders/:id/refund': mayWrite(409, { params: order,
		headers: keyed, body: { reason: 'Matrix' } }),
	'POST /api/admin/orders/:id/mark-paid': mayWrite(200, {
		params: freshOrder, body: { reference: 'Matrix' } }),
	'GET /api/admin/orders/differences': mayRead(200),
	'POST /api/admin/orders/differences/:id/repair': mayWrite(404, {
		params: { id: 'none' } }),
	'GET /api/plans': all(200),
	'GET /api/orders': signedIn(200),
	'GET /api/orders/:id': signedIn(200, { params: ownOrder }),
	'POST /api/orders': signedIn(404, { body: { planId: 'none' } }),
	'POST /api/orders/:id/checkout': signedIn(404, {
		params: { id: 'none' } }),
	'GET /api/admin/plans': mayRead(200),
	'POST /api/admin/plans': mayWrite(200, { body: planJson }),
	'GET /api/admin/plans/:id': mayRead(200, { params: somePlan }),
	'PUT /api/admin/plans/:id': mayWrite(200, { params: somePlan,
		body: planJson }),
	'GET /api/admin/keys': mayRead(200),
	'POST /api/admin/keys': mayOwn(200),
	'POST /api/admin/keys/:id/retire': mayOwn(200, { params: signingKey }),
	'GET /api/admin/audit': mayRead(200),
	'GET /api/admin/items': mayRead(200),
	'POST /api/admin/items': mayWrite(200, { body: makeItem }),
	'GET /api/admin/items/:id': mayRead(200, { params: item }),
	'PUT /api/admin/items/:id': mayWrite(200, { params: item,
		body: makeItem }),
	'GET /api/admin/reservations': mayRead(200),
	'GET /api/admin/reservations/:id': mayRead(200, {
		params: reservation }),
	'POST /api/admin/reservations/:id/confirm': mayWrite(200, {
		params: reservation }),
	'POST /api/admin/reservations/:id/cancel': mayWrite(200, {
		params: reservation, body: {} }),
	'GET /api/admin/feedback': mayRead(200),
	'GET /api/admin/feedback/:id': mayRead(200, { params: feedback }),
	'POST /api/admin/feedback/:id/answer': mayWrite(200, {
		params: feedback, body: { text: 'It does.' } }),
	'POST /api/admin/feedback/:id/close': mayWrite(200, {
		params: feedback }),
	'POST /api/admin/feedback/:id/reopen': mayWrite(200, {
		params: feedback }),
	'GET /api/admin/credits/proposals': mayRead(200),
	'GET /api/admin/credits/proposals/:id': mayRead(200, {
		params: proposal }),
	'POST /api/admin/credits/proposals/:id/confirm': mayWrite(200, {
		params: proposal }),
	'POST /api/admin/credits/proposals/:id/decline': mayWrite(200, {
		params: proposal }),
	'POST /api/admin/credits/proposals/:id/withdraw': mayWrite(200, {
		params: ownProposal }),
	'GET /api/admin/subscriptions': mayRead(200),
	'GET /api/admin/affiliates': mayRead(200),
	'GET /api/admin/affiliates/:id': mayRead(200, { params: affiliate }),
	'POST /api/admin/affiliates/:id/disable': mayWrite(200, {
		params: affiliate }),
	'POST /api/admin/affiliates/:id/enable': mayWrite(200, {
		params: affiliate }),
	'GET /api/admin/figures': mayRead(200),
	'GET /api/admin/credits': mayRead(200),
	'GET /api/admin/credits/expiring': mayRead(200),
	'GET /api/admin/credits/top': mayRead(200),
	'GET /api/admin/events': mayRead(200),
	'GET /api/admin/events/:id': mayRead(200, { params: event }),
	'GET /api/admin/events/:id/body': mayOwn(200, { params: event }),
	'GET /api/admin/mail': mayRead(200),
	'GET /api/admin/mail/:id': mayRead(200, { params: letter }),
	'GET /api/admin/mail/:id/body': mayOwn(200, { params: letter }),
	'POST /api/admin/mail/:id/resend': mayWrite(200, { params: letter }),
	'POST /api/admin/mail/:id/drop': mayWrite(200, { params: letter }),
	'GET /api/admin/health': mayRead(200),
	'GET /api/admin/system': mayRead(200),
};
