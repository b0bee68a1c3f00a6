/*
 * The replay runner passes a server that answers as recorded and notices one
 * that does not. Run with: node --test selftest.mjs
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import fs from 'node:fs';
import test from 'node:test';
import { mailToken } from '../lib/letters.mjs';
import { decodeSessionData, isSigned } from './decode.mjs';
import { runFlow } from './flow.mjs';
import { handleOf, routeOf, startRecorded } from './recorded.mjs';
import { failureText, flowLine } from './report.mjs';
import { SECRET, flowSettings, viewsSql } from './tables.mjs';
import { withoutUnbuilt } from './unbuilt.mjs';
import { Missing, Values } from './values.mjs';

const FLOWS = ['core-http', 'core-email-password', 'email-verification',
	'password-and-account', 'session-lifecycle',
	'session-implicit-refresh', 'session-defer-refresh', 'rate-limit',
	'options-variants', 'feature-disabled'];

function transcript(name) {
	return JSON.parse(fs.readFileSync(
		new URL(`transcripts/${name}.json`, import.meta.url), 'utf8'));
}

async function replay(exchanges, options) {
	const target = await startRecorded(exchanges, options);

	try {
		return [await runFlow(target, exchanges), target];
	} finally {
		target.close();
	}
}

/* Spoils the answer to one exchange; resolves to the paths of its problems. */
async function spoil(flow, name, change) {
	const [results] = await replay(transcript(flow), {
		plant: (answer, exchange) => exchange.name === name &&
			change(answer) });
	const result = results.find((one) => one.exchange.name === name);

	assert.equal(result.outcome, 'failed', `${name} must be noticed`);
	assert.ok(failureText(flow, result).startsWith(`FAILED ${flow}: `));
	return result.problems.map((problem) => problem.path);
}

for (const flow of FLOWS)
	test(`${flow} passes a server that answers as recorded`, async () => {
		const [results] = await replay(transcript(flow));

		for (const { exchange, outcome, problems, why } of results)
			assert.equal(outcome, 'passed', exchange.name + why +
				JSON.stringify(problems));
	});

const SPOILT = [
	['a wrong status', 'sign-in wrong password',
		(answer) => answer.status = 400, ['status']],
	['a wrong header', 'get-session',
		(answer) => answer.headers['cache-control'] = 'public',
		['headers.cache-control']],
	['an absent header', 'sign-in with callbackURL',
		(answer) => delete answer.headers.location,
		['headers.location']],
	['a wrong member of the body', 'sign-in',
		(answer) => answer.body.user.emailVerified = true,
		['body.user.emailVerified']],
	['a number where a text was', 'sign-in',
		(answer) => answer.body.user.name = 7, ['body.user.name']],
	['a member that is not there', 'sign-in',
		(answer) => delete answer.body.user.image,
		['body.user.image']],
	['a member that nobody asked for', 'sign-in',
		(answer) => answer.body.user.password = 'x',
		['body.user.password']],
	['a date without fraction', 'sign-in',
		(answer) => answer.body.user.createdAt =
			'2026-01-01T00:00:00Z', ['body.user.createdAt']],
	['an id that has changed', 'sign-in',
		(answer) => answer.body.user.id = 'A'.repeat(32),
		['body.user.id']],
	['an object where null was', 'get-session without cookie',
		(answer) => answer.body = {}, ['body']],
	['zero bytes where null was', 'get-session without cookie',
		(answer) => answer.emptyBody = true, ['body']],
	['a cookie attribute of another value', 'sign-in',
		(answer) => answer.cookies[0].attributes['Max-Age'] = 60,
		['cookies[0].attributes.Max-Age']],
	['a cookie that scripts can read', 'sign-in',
		(answer) => delete answer.cookies[0].attributes.HttpOnly,
		['cookies[0].attributes.HttpOnly']],
	['cookie attributes in another order', 'sign-in',
		(answer) => answer.cookies[0].attributes = Object.fromEntries(
			Object.entries(answer.cookies[0].attributes)
				.reverse()),
		['cookies[0].attributes (order)']],
	['a cookie too many', 'sign-in wrong password',
		(answer) => answer.cookies = [{ name: 'x', value: 'y',
			attributes: {} }], ['cookies']],
	['a cookie too few', 'sign-out',
		(answer) => answer.cookies.pop(), ['cookies']],
	['a cookie that is not percent-encoded', 'sign-in',
		(answer) => answer.cookies[0].value = decodeURIComponent(
			answer.cookies[0].value),
		['cookies[0].decoded (encoding)']],
	['a signature with another secret', 'sign-in',
		(answer) => answer.cookies[0].value =
			answer.cookies[0].value.replace(/\..*/,
				`.${'A'.repeat(43)}%3D`),
		['cookies[0].decoded (signature)']],
	['a missing row', 'sign-up',
		(answer) => answer.db[0].rows = [], ['db user.length']],
	['a row too many', 'sign-up',
		(answer) => answer.db[1].rows.push({}), ['db account.length']],
	['another value in a row', 'sign-in rememberMe false',
		(answer) => answer.db[0].rows[0].ttl = 604800,
		['db session expiry seconds[0].ttl']],
	['a token kept in the clear', 'sign-up',
		(answer) => answer.db[2].rows[0].token = 'sha256:' +
			answer.body.token, ['db session[0].token']],
	['a password kept in the clear', 'sign-up',
		(answer) => answer.db[1].rows[0].password = 'password1234',
		['db account[0].password']],
	['a label without query', 'sign-up',
		(answer) => answer.db.shift(), ['db user']],
];

for (const [what, name, change, paths] of SPOILT)
	test(`the runner notices ${what}`, async () => assert.deepEqual(
		await spoil('core-email-password', name, change), paths));

const MISSENT = [
	['a letter that was not sent', 'sign-up',
		(answer) => answer.outbox = [], ['outbox.length',
			'jwt outbox[0].token']],
	['a letter too many', 'verify-email',
		(answer) => answer.outbox = [{ kind: 'verify-email',
			email: 'a@example.com', token: 'x',
			url: 'http://a/verify-email?token=x' }],
		['outbox.length']],
	['a letter to somebody else', 'sign-in unverified',
		(answer) => answer.outbox[0].email = 'b@example.com',
		['outbox[0].email']],
	['a letter of another kind', 'delete-user sends a mail',
		(answer) => answer.outbox[0].kind = 'verify-email',
		['outbox[0].kind']],
	['a link to another page', 'sign-up',
		(answer) => answer.outbox[0].url =
			answer.outbox[0].url.replace('welcome', 'home'),
		['outbox[0].url']],
	['a token for somebody else', 'sign-in unverified',
		(answer) => answer.outbox[0].url =
			answer.outbox[0].url.replace(/token=[^&]+/, `token=${
				mailToken(SECRET, { email: 'b@example.com',
					iat: 1, exp: 3601 })}`),
		['outbox[0].url', 'outbox[0].token']],
	['a token signed with another secret', 'sign-up',
		(answer) => answer.outbox[0].url =
			answer.outbox[0].url.replace(/token=[^&]+/, `token=${
				mailToken('another', { email: 'a@example.com',
					iat: 1, exp: 3601 })}`),
		['jwt outbox[0].token (signature)']],
	['a claim too many', 'sign-up',
		(answer) => answer.outbox[0].url =
			answer.outbox[0].url.replace(/token=[^&]+/, `token=${
				mailToken(SECRET, { email: 'a@example.com',
					iat: 1, exp: 3601, sub: '1' })}`),
		['jwt outbox[0].token (keys).length']],
	['a proof kept in the clear', 'delete-user sends a mail',
		(answer) => answer.db[0].rows[0].identifier =
			`sha256:delete-account-${answer.outbox[0].token}`,
		['db verification[0].identifier']],
	['what a proof stands for, in the clear', 'delete-user sends a mail',
		(answer) => answer.db[0].rows[0].value = 'sealed:00',
		['db verification[0].value']],
];

for (const [what, name, change, paths] of MISSENT)
	test(`the runner notices ${what}`, async () => assert.deepEqual(
		await spoil('email-verification', name, change), paths));

test('letters that the contract does not know are none of its business',
	async () => {
		const [results] = await replay(transcript('email-verification'),
			{ plant: (answer) => answer.outbox.push({
				kind: 'welcome', email: 'a@example.com',
				url: null }) });

		assert.ok(results.every((one) => one.outcome === 'passed'));
	});

test('two letters with one recorded token may be of two seconds', async () => {
	const later = mailToken(SECRET, { email: 'a@example.com',
		iat: 1000, exp: 4600 });
	const [results] = await replay(transcript('email-verification'), {
		plant: (answer, { name }) => {
			if (name === 'sign-in unverified')
				answer.outbox[0].url = answer.outbox[0].url
					.replace(/token=[^&]+/, `token=${later}`);
		} });

	assert.ok(results.every((one) => one.outcome === 'passed'));
});

/* vectors.json of the contract */
const COPY = 'eyJzZXNzaW9uIjp7InNlc3Npb24iOnsiaWQiOiJzMSIsInRva2VuIjoiQWJDZEVm' +
	'R2hJaktsTW5PcFFyU3RVdld4WXowMTIzNDUifSwidXNlciI6eyJpZCI6InUxIn0sInVw' +
	'ZGF0ZWRBdCI6MTcwMDAwMDAwMDAwMCwidmVyc2lvbiI6IjEifSwiZXhwaXJlc0F0Ijox' +
	'NzAwMDAwMzAwMDAwLCJzaWduYXR1cmUiOiJKX0Q0NG1iQk1lMmxlMVVhTGhIYW85V1Bh' +
	'MFI3YnFHQ3JrR1dyUVpQSEE4In0';
const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJlbWFpbCI6ImFAZXhhbXBsZS5jb20iLCJpYXQi' +
	'OjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMzYwMH0.' +
	'VELBFOTXgxfrp_HBlh9OhKZ8RtKfLMleWBPQH-7sLVs';

test('a copy of the session is shown, and whose secret made it', () => {
	const { shown, right } = decodeSessionData(COPY, SECRET);

	assert.equal(shown.session.user.id, 'u1');
	assert.ok(right);
	assert.ok(!decodeSessionData(COPY, 'another').right);
	assert.ok(decodeSessionData(TOKEN, SECRET).right);
	assert.ok(!decodeSessionData(TOKEN, 'another').right);
});

test('a token is somebody\'s whose key is published, or the secret\'s', () => {
	const { publicKey, privateKey } = generateKeyPairSync('ed25519');
	const text = [{ alg: 'EdDSA', kid: 'k1' }, {}].map((part) => Buffer.from(
		JSON.stringify(part)).toString('base64url')).join('.');
	const token = `${text}.${sign(null, text, privateKey)
		.toString('base64url')}`;
	const jwk = { ...publicKey.export({ format: 'jwk' }), alg: 'EdDSA' };
	const by = (more) => isSigned(token, { secret: SECRET,
		keys: [{ ...jwk, ...more }] });

	assert.ok(by({ kid: 'k1' }));
	assert.ok(!by({ kid: 'k2' }));
	assert.ok(!by({ kid: 'k1', alg: 'RS256' }));
	assert.ok(!isSigned(token, { secret: SECRET, keys: [] }));
	assert.ok(isSigned(TOKEN, { secret: SECRET, keys: [] }));
	assert.ok(!isSigned(TOKEN, { secret: 'another', keys: [] }));
});

test('the runner notices a token that nobody signed', async () =>
	assert.deepEqual(await spoil('core-email-password', 'get-session',
		(answer) => answer.headers['set-auth-jwt'] = TOKEN.slice(0, -1) +
			'A'), ['headers.set-auth-jwt (signature)']));

test('the runner notices a type on an empty body', async () =>
	assert.deepEqual(await spoil('core-http', 'unknown path under base',
		(answer) => answer.headers['content-type'] = 'text/plain'),
	['headers.content-type']));

test('the runner notices bytes in an empty body', async () =>
	assert.deepEqual(await spoil('core-http', 'unknown path under base',
		(answer) => answer.emptyBody = false), ['body']));

test('a session is revoked by the handle that the list showed', async () => {
	const [results, { requests }] = await replay(
		transcript('session-lifecycle'));
	const token = JSON.parse(requests[2].text);
	const revoke = requests.find(({ url }) => /revoke-session$/.test(url));
	const list = results.find((one) =>
		one.exchange.name === 'list-sessions');

	assert.equal(token.email, 'a@example.com');
	assert.equal(JSON.parse(revoke.text).token,
		handleOf(results[2].response.json().token));
	assert.equal(list.deviations.length, 5);
});

test('a handle for the caller\'s own session is refused', async () =>
	assert.deepEqual(await spoil('session-lifecycle', 'list-sessions',
		(answer) => answer.body[0].token = 'B'.repeat(32)),
	['body[0].token']));

test('setup statements run as they are', async () => {
	const [, { statements }] = await replay(
		transcript('session-defer-refresh'));

	assert.equal(statements.length, 2);
	assert.match(statements[0], /^update session set "expiresAt"=now\(\)/);
});

test('what is not built is named, and what needs it as well', async () => {
	const exchanges = transcript('session-lifecycle');
	const [results] = await replay(exchanges, { routes: exchanges
		.map(routeOf).filter(({ path }) => !path.includes('sign-in')) });
	const absent = results.filter((one) => one.outcome === 'absent');

	assert.deepEqual(results.filter((one) => one.outcome === 'failed'
		&& one.exchange.name !== 'list-sessions'), []);
	assert.ok(absent.some((one) => one.exchange.name === 'sign-in again'));
	assert.match(absent.find((one) => one.exchange.name ===
		'get-session with a revoked session').why,
	/needs \{\{cookie:2\}\} of "sign-in second device"/);
	assert.match(flowLine('x', results), /not built: sign-in second device/);
});

test('what needs a failed exchange fails', async () => {
	const [results] = await replay(transcript('session-defer-refresh'), {
		plant: (answer, { name }) => name === 'sign-up' &&
			(answer.cookies = []) });

	assert.ok(results.every((one) => one.outcome === 'failed'));
	assert.match(results[1].problems[0].actual, /"sign-up" failed/);
});

test('the long body is as long as it says', async () => {
	const [, { requests }] = await replay(transcript('core-http'));

	assert.equal(JSON.parse(requests.at(-1).text).password.length, 1200000);
});

test('placeholders are captured, compared, transformed', () => {
	const values = new Values({ origin: 'http://a:1' });

	assert.ok(values.matches('{{origin}}/r/{{token:1}}?c=',
		`http://a:1/r/${'aB'.repeat(12)}?c=`));
	assert.equal(values.get('token:1'), 'aB'.repeat(12));
	assert.ok(values.matches('m-{{token:1|lower}}',
		`m-${'ab'.repeat(12)}`));
	assert.ok(!values.matches('{{token:1}}', 'x'.repeat(24)));
	assert.ok(values.matches('{{user-code:1}}', 'ABCDEFGH'));
	assert.equal(values.fill('{{user-code:1|dashed-lower}}'), 'abcd-efgh');
	assert.equal(values.fill('{{origin|enc}}'), 'http%3A%2F%2Fa%3A1');
	assert.ok(values.matches('{{oauth-query:1}}', 'state=a&b=c'));
	assert.equal(values.fill('{{oauth-query:1|state=st-2}}'),
		'state=st-2&b=c');
	assert.ok(values.matches('{{id:1}}.{{id:1}}',
		`${'a'.repeat(32)}.${'a'.repeat(32)}`));
	assert.ok(!values.matches('{{id:2}}.{{id:2}}',
		`${'a'.repeat(32)}.${'b'.repeat(32)}`));
	assert.equal(typeof values.fill({ at: '{{now+60}}' }).at, 'number');
	assert.throws(() => values.fill(['{{totp}}']), Missing);
});

test('recorded options become settings, or are named', () => {
	const { settings, unknown } = flowSettings({
		plugins: ['stripe'],
		emailAndPassword: { autoSignIn: false },
		user: { additionalFields: { lang: 'string optional', score:
			'number optional input:false default 7' },
		deleteUser: { beforeDelete: true } },
	});

	assert.equal(settings['password.auto_sign_in'], false);
	assert.equal(settings['user.fields'], 'lang:string, score:number=7!');
	assert.deepEqual(unknown, ['stripe', 'user.deleteUser.beforeDelete']);
});

test('a flow built in part says what it was replayed without', async () => {
	const all = transcript('anonymous-username-phone');
	const left = withoutUnbuilt(all, ['anonymous', 'username',
		'phone-number({a:1})']);
	const steps = ['anonymous converts by sign-up ' +
		'(anonymous user is removed)', 'sign-in username',
	'update-user phoneNumber'];
	const [results] = await replay(left.filter(({ name }) =>
		steps.includes(name)));

	assert.deepEqual(results.map(({ outcome }) => outcome),
		['absent', 'passed', 'absent']);
	assert.equal(results[0].why, 'sent without cookie, origin');
	assert.ok(!('isAnonymous' in results[1].exchange.response.body.user));
	assert.deepEqual(withoutUnbuilt(all, ['username']), all);
});

test('views have the reference\'s names', () => {
	assert.equal(viewsSql([
		{ table: 'users', column: 'email_verified' },
		{ table: 'users', column: 'ban_expires_at' },
	]).replace(/\s+/g, ' '), 'CREATE SCHEMA contract; ' +
		'CREATE VIEW contract."user" AS SELECT email_verified AS ' +
		'"emailVerified", ban_expires_at AS "banExpires" ' +
		'FROM public.users');
});
