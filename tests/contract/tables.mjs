/*
 * Everything about the transcripts that is a matter of names: their options
 * and our settings, their tables and ours, and where we mean to differ.
 */
import { createHash } from 'node:crypto';
import { unseal } from '../lib/letters.mjs';
import { isUnbuilt } from './unbuilt.mjs';

export const STRIPE_SECRET = 'whsec_contract';
export const SECRET = 'contract-secret-0123456789abcdefABCDEF';

/*
 * Options of a recorded server as settings of ours, by path in index.json. A
 * flow with an option or plugin that has no row waits for the step that builds
 * it. A row is a setting's name, or a function from value to settings.
 */
const OPTIONS = {
	'baseURL': 'server.url',
	'basePath': 'server.base_path',
	'trustedOrigins': 'server.trusted_origins',
	'requireEmailVerification': 'password.require_verification',
	/* the server that was recorded without it had no sender, either */
	'emailAndPassword.enabled': (on) => ({ 'password.enabled': on,
		'verification.enabled': on }),
	'emailAndPassword.requireEmailVerification':
		'password.require_verification',
	'emailAndPassword.autoSignIn': 'password.auto_sign_in',
	'emailAndPassword.minPasswordLength': 'password.min_length',
	'emailAndPassword.maxPasswordLength': 'password.max_length',
	'emailVerification.sendVerificationEmail': () =>
		({ 'verification.enabled': true }),
	'emailVerification.sendOnSignUp': 'verification.send_on_sign_up',
	'emailVerification.sendOnSignIn': 'verification.send_on_sign_in',
	'emailVerification.autoSignInAfterVerification':
		'verification.auto_sign_in',
	'user.changeEmail.enabled': 'user.change_email',
	'user.changeEmail.sendChangeEmailConfirmation': () =>
		({ 'user.change_email_confirmation': true }),
	'user.deleteUser.enabled': 'user.delete',
	'user.deleteUser.sendDeleteAccountVerification': () =>
		({ 'user.delete_verification': true }),
	'session.expiresIn': 'session.expires_in',
	'session.updateAge': 'session.update_age',
	'session.freshAge': 'session.fresh_age',
	'session.deferSessionRefresh': 'session.defer_refresh',
	'session.cookieCache': ({ enabled, maxAge, strategy }) => ({
		'session.cookie_cache': enabled ? strategy : 'off',
		'session.cookie_cache_max_age': maxAge }),
	'session.additionalFields': (fields) =>
		({ 'session.fields': extraFields(fields) }),
	'user.additionalFields': (fields) =>
		({ 'user.fields': extraFields(fields) }),
	'rateLimit.enabled': 'rate_limit.enabled',
	'rateLimit.window': 'rate_limit.window',
	'rateLimit.max': 'rate_limit.max',
	/* where it was; ours is elsewhere */
	'stripe': () => ({}),
};

const PLUGINS = {
	'admin': { 'admin.enabled': true },
	['api-key({enableSessionForAPIKeys:true, enableMetadata:true, ' +
	'rateLimit:{enabled:true,timeWindow:60000,maxRequests:3}})']: {
		'api_key.enabled': true, 'api_key.sessions': true,
		'api_key.metadata': true, 'api_key.window_ms': 60000,
		'api_key.max_requests': 3 },
	'bearer': { 'bearer.enabled': true },
	'jwt': jwtSettings('EdDSA'),
	"jwt({jwks:{keyPairConfig:{alg:'RS256',modulusLength:2048}}})":
		jwtSettings('RS256'),
	'last-login-method': { 'last_login_method.enabled': true },
	'multi-session': { 'multi_session.enabled': true },
	'one-time-token': { 'one_time_token.enabled': true },
	'organization': { 'session.fields': 'activeOrganizationId:string' },
	["stripe({subscription:{plans:[{name:'pro',priceId:'price_1'," +
	"limits:{seats:5}}]}, stripeWebhookSecret:'whsec_contract'})"]: {
		'stripe.enabled': true, 'stripe.secret_key': 'sk_test_x',
		'stripe.webhook_secret': STRIPE_SECRET },
	'username': { 'username.enabled': true },
};

/* The reference's keys do not end unless it is told to rotate them. */
function jwtSettings(algorithm) {
	return { 'jwt.enabled': true, 'jwt.algorithm': algorithm,
		'jwt.rotation_seconds': 0 };
}

/* { lang: 'number optional input:false default 7' } -> lang:number=7! */
function extraFields(fields) {
	return Object.entries(fields).map(([name, words]) => {
		const [type] = words.split(' ');
		const preset = / default (\S+)/.exec(words);
		const closed = words.includes('input:false');

		return `${name}:${type}${preset ? `=${preset[1]}` : ''}` +
			(closed ? '!' : '');
	}).join(', ');
}

/* { a: { b: 1 } } -> [['a.b', 1]], as deep as OPTIONS has no row. */
function options(config, prefix = '') {
	return Object.entries(config).flatMap(([key, value]) => {
		const name = prefix + key;
		const plain = value === null || typeof value !== 'object' ||
			Array.isArray(value);

		return plain || name in OPTIONS ? [[name, value]] :
			options(value, `${name}.`);
	});
}

/*
 * flowSettings(config) -> { settings, unknown }: what to write into
 * tollgate.conf, and the options and plugins that we cannot be told about.
 */
export function flowSettings({ plugins = [], ...config }) {
	const settings = {
		'server.secret': SECRET,
		'server.trusted_origins': 'https://app.example.com',
		'server.client_address': 'forwarded',
		'worker.body_bytes': 2 << 20,
		'rate_limit.enabled': false,
		'user.delete': true,
		'user.change_email_confirmation': false,
	};
	const unknown = plugins.filter((name) => !(name in PLUGINS) &&
		!isUnbuilt(name));

	for (const name of plugins)
		Object.assign(settings, PLUGINS[name]);
	for (const [name, value] of options(config)) {
		const row = OPTIONS[name];

		if (row === undefined)
			unknown.push(name);
		else
			Object.assign(settings, typeof row === 'string' ?
				{ [row]: value } : row(value));
	}
	return { settings, unknown };
}

/* The reference's name for a table of ours. */
export const TABLES = {
	users: 'user',
	sessions: 'session',
	accounts: 'account',
	verifications: 'verification',
	api_keys: 'apikey',
	subscriptions: 'subscription',
};

/* Columns whose name is not just the other spelling of ours. */
const COLUMNS = { ban_expires_at: 'banExpires' };

/*
 * Views of the reference's names in a schema of their own, simple enough to be
 * updated through, so that a transcript's SQL runs as it is.
 */
export function viewsSql(columns) {
	const camel = (name) => COLUMNS[name] ??
		name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
	const view = (table) => `CREATE VIEW contract."${TABLES[table]}" AS
		SELECT ${columns.filter((one) => one.table === table)
			.map(({ column }) => `${column} AS "${camel(column)}"`)
			.join(', ')} FROM public.${table}`;
	const present = new Set(columns.map((one) => one.table));

	return ['CREATE SCHEMA contract', ...[...present].map(view)]
		.join(';\n');
}

export const COLUMNS_SQL = `SELECT table_name AS "table",
	column_name AS "column" FROM information_schema.columns
	WHERE table_schema = 'public' AND table_name IN (${
	Object.keys(TABLES).map((name) => `'${name}'`)})
	ORDER BY table_name, ordinal_position`;

const iso = (column) => `to_char(${column} AT TIME ZONE 'UTC',
	'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const minutesLeft = `SELECT
	round(extract(epoch FROM expires_at - now()) / 60) AS minutes
	FROM sessions ORDER BY expires_at`;
const sessionCount = 'SELECT count(*) AS n FROM sessions';

/* What the recorded Stripe plugin was configured with. */
export const PLANS_SQL = `INSERT INTO plans (id, kind, name, title,
	description, price_minor, currency, interval, credits, limits,
	stripe_price_id, active, position, created_at, updated_at)
	VALUES ('plan', 'subscription', 'pro', 'Pro', '', 900, 'USD', 'month',
	0, '{"seats": 5}', 'price_1', true, 0, now(), now())`;

/* The rows behind each label of "db". "The" row is the one made last, "the"
 * user the one changed last. */
export const QUERIES = {
	'user': `SELECT id, name, email, email_verified AS "emailVerified",
		image, role, banned, ban_reason AS "banReason",
		${iso('ban_expires_at')} AS "banExpires",
		${iso('created_at')} AS "createdAt",
		${iso('updated_at')} AS "updatedAt",
		stripe_customer_id AS "stripeCustomerId"
		FROM users ORDER BY users.updated_at DESC LIMIT 1`,
	'account': `SELECT id, account_id AS "accountId",
		provider_id AS "providerId", user_id AS "userId", password,
		NULL AS "accessToken", NULL AS "refreshToken",
		NULL AS "idToken", NULL AS "accessTokenExpiresAt",
		NULL AS "refreshTokenExpiresAt", NULL AS scope,
		${iso('created_at')} AS "createdAt",
		${iso('updated_at')} AS "updatedAt"
		FROM accounts ORDER BY accounts.created_at DESC LIMIT 1`,
	'session': `SELECT id, 'sha256:' || encode(token_hash, 'hex') AS token,
		user_id AS "userId", impersonated_by AS "impersonatedBy",
		round(extract(epoch FROM expires_at - created_at)) AS ttl,
		ip_address AS "ipAddress",
		user_agent AS "userAgent", ${iso('expires_at')} AS "expiresAt",
		${iso('created_at')} AS "createdAt",
		${iso('updated_at')} AS "updatedAt"
		FROM sessions ORDER BY sessions.created_at DESC LIMIT 1`,
	'verification': `SELECT id,
		'sha256:' || encode(identifier_hash, 'hex') AS identifier,
		'sealed:' || encode(value, 'hex') AS value,
		${iso('expires_at')} AS "expiresAt",
		${iso('created_at')} AS "createdAt",
		${iso('created_at')} AS "updatedAt",
		round(extract(epoch FROM expires_at - created_at)) AS ttl
		FROM verifications WHERE user_id IS NOT NULL
		ORDER BY verifications.created_at DESC LIMIT 1`,
	'apikey': `SELECT id, 'default' AS "configId", name, start,
		user_id AS "referenceId", prefix,
		encode(key_hash, 'hex') AS key,
		refill_interval_ms AS "refillInterval",
		refill_amount AS "refillAmount",
		${iso('last_refill_at')} AS "lastRefillAt", enabled,
		rate_limit_enabled AS "rateLimitEnabled",
		rate_limit_window_ms AS "rateLimitTimeWindow",
		rate_limit_max AS "rateLimitMax",
		request_count AS "requestCount", remaining,
		${iso('last_request_at')} AS "lastRequest",
		${iso('expires_at')} AS "expiresAt",
		${iso('created_at')} AS "createdAt",
		${iso('updated_at')} AS "updatedAt", permissions::text,
		replace(metadata::text, ': ', ':') AS metadata
		FROM api_keys ORDER BY api_keys.created_at DESC LIMIT 1`,
	'subscription': `SELECT id, plan, reference_id AS "referenceId",
		stripe_customer_id AS "stripeCustomerId",
		stripe_subscription_id AS "stripeSubscriptionId", status,
		${iso('period_start')} AS "periodStart",
		${iso('period_end')} AS "periodEnd",
		${iso('trial_start')} AS "trialStart",
		${iso('trial_end')} AS "trialEnd",
		cancel_at_period_end AS "cancelAtPeriodEnd",
		${iso('cancel_at')} AS "cancelAt",
		${iso('canceled_at')} AS "canceledAt",
		${iso('ended_at')} AS "endedAt", seats,
		billing_interval AS "billingInterval",
		stripe_schedule_id AS "stripeScheduleId"
		FROM subscriptions
		ORDER BY subscriptions.created_at DESC LIMIT 1`,
	'apikey rows': 'SELECT count(*) AS n FROM api_keys',
	'rows left': `SELECT (SELECT count(*) FROM users) AS u,
		(SELECT count(*) FROM accounts) AS a,
		(SELECT count(*) FROM sessions) AS s`,
	'session expiry seconds': `SELECT
		round(extract(epoch FROM expires_at - created_at)) AS ttl
		FROM sessions ORDER BY created_at DESC LIMIT 1`,
	'session ip': `SELECT ip_address AS "ipAddress"
		FROM sessions ORDER BY created_at DESC LIMIT 1`,
	'sessions of the banned user': `SELECT count(*) AS n
		FROM sessions JOIN users ON users.id = user_id WHERE banned`,
	'session count': sessionCount,
	'session rows': sessionCount,
	'jwks': `SELECT id, alg, public_key::json ->> 'crv' AS crv,
		expires_at AS "expiresAt", public_key AS "publicKey"
		FROM signing_keys ORDER BY created_at DESC LIMIT 1`,
	'session remaining (minutes)': minutesLeft,
	'session remaining seconds (rounded to minutes)': minutesLeft,
};

/*
 * Columns about how the reference stores what we store in another way, by
 * label: the private half of a key as encrypted JSON text, ours is sealed.
 */
export const NOT_OURS = { 'jwks': ['first_char', 'private_length'] };

const sha256 = (text) => createHash('sha256').update(text).digest('hex');

/*
 * Where tollgate means to differ. accepts() is asked about a text that is not
 * what the transcript shows: seen is { path, expected, actual, exchange,
 * values, handles }; handles maps a session's token to what stands for it.
 */
export const DEVIATIONS = [
	{
		name: 'list-sessions shows handles',
		why: 'who reads the list must not be able to become its owner',
		accepts: ({ path, expected, actual, exchange, values,
			handles }) => {
			const name = /^\{\{(token:\d+)\}\}$/.exec(expected)?.[1];
			const token = name && values.get(name);

			if (!/\/list-(user-)?sessions$/.test(
				exchange.request.path) ||
			    !/^body.*\.token$/.test(path) || !token ||
			    ownTokens(exchange, values).includes(token) ||
			    !/^[A-Za-z0-9]{32}$/.test(actual))
				return false;
			handles.set(token, actual);
			return true;
		},
	},
	{
		name: 'passwords are Argon2id',
		why: 'scrypt hashes are only imported, never made',
		accepts: ({ expected, actual }) => expected === '<scrypt>' &&
			/^\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$[\w+/]{22,}\$[\w+/]{43,}$/
				.test(actual),
	},
	{
		name: 'get-session answers from the database',
		why: 'what was changed or revoked counts at once',
		accepts: ({ path, expected, actual, exchange }) =>
			/ still cached after a direct database change$/.test(
				exchange.name) && path === 'body.user.name' &&
			expected === 'A' && actual === 'Changed',
	},
	{
		name: 'the database keeps the SHA-256 of a session token',
		why: 'who steals the database steals no session',
		accepts: ({ path, expected, actual, values }) => {
			const name = /^\{\{(token:\d+)\}\}$/.exec(expected)?.[1];

			return path.startsWith('db ') && name !== undefined &&
				values.get(name) !== undefined &&
				actual === `sha256:${sha256(values.get(name))}`;
		},
	},
	{
		name: 'the database keeps the SHA-256 of a proof',
		why: 'who steals the database can show no proof',
		accepts: ({ path, expected, actual, values }) =>
			/^db verification\[\d\]\.identifier$/.test(path) &&
			actual === `sha256:${sha256(values.fill(expected))}`,
	},
	{
		name: 'what a proof stands for is sealed by the proof',
		why: 'who steals the database does not learn whose it is',
		accepts: ({ path, expected, actual, exchange, values }) => {
			const row = /^db verification\[(\d)\]\.value$/
				.exec(path)?.[1];
			const sealed = /^sealed:([0-9a-f]+)$/.exec(actual)?.[1];

			/* What lets choose a password names the address, too. */
			return row !== undefined && sealed !== undefined &&
				opened(identifierOf(exchange, row, values),
					sealed)?.split(' ')[0] ===
					values.fill(expected);
		},
	},
];

function identifierOf(exchange, row, values) {
	return values.fill(exchange.db.find(({ table }) =>
		table === 'verification').rows[row].identifier);
}

/* The same as purpose_of() of store/verification.c. */
function opened(identifier, sealed) {
	try {
		return unseal(SECRET,
			`verification:${sha256(`seal ${identifier}`)}`,
			Buffer.from(sealed, 'hex')).toString();
	} catch {
		return null;
	}
}

/* The tokens the caller has sent; they are his to see. */
function ownTokens(exchange, values) {
	const cookie = values.fill(exchange.request.headers.cookie ?? '');

	return cookie.split('; ').map((pair) => decodeURIComponent(
		pair.slice(pair.indexOf('=') + 1)).split('.')[0]);
}

/* Where a session is named by its token, its handle must do as well. */
export const REVOKES = /\/revoke-(user-)?session$/;
