/*
 * Better Auth itself, on a database of its own in the tests' cluster.
 */
import http from 'node:http';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import { admin, bearer, jwt, multiSession, oneTimeToken, twoFactor, username }
	from 'better-auth/plugins';
import { apiKey } from '@better-auth/api-key';
import { passkey } from '@better-auth/passkey';
import pg from 'pg';
import { emptyDatabase } from '../lib/database.mjs';

let count = 0;

function options(database, url, secret, letters) {
	const post = (kind) => async ({ user, url: link, newEmail }) => {
		letters.push({ kind, recipient: user.email, url: link, newEmail });
	};

	return {
		baseURL: url,
		secret,
		database,
		telemetry: { enabled: false },
		logger: { disabled: true },
		rateLimit: { enabled: false },
		emailAndPassword: { enabled: true,
			sendResetPassword: post('reset-password') },
		emailVerification: { sendVerificationEmail: post('verify-email') },
		user: {
			additionalFields: {
				plan: { type: 'string', required: false },
				seats: { type: 'number', required: false },
			},
			changeEmail: { enabled: true, sendChangeEmailConfirmation:
				post('change-email-confirmation') },
			deleteUser: { enabled: true, sendDeleteAccountVerification:
				post('delete-account') },
		},
		session: { additionalFields: {
			theme: { type: 'string', required: false },
		} },
		plugins: [bearer(), jwt({ jwks: { keyPairConfig: { alg: 'RS256' } } }),
			username(), admin(), multiSession(), oneTimeToken(),
			twoFactor(), passkey(), apiKey({ enableMetadata: true,
				enableSessionForAPIKeys: true })],
	};
}

/*
 * startReference({ secret }) resolves to { url, database, query, letters,
 * stop() }: one server with the plugins that tollgate stands in for. letters
 * are those it would have sent, oldest first.
 */
export async function startReference({ secret }) {
	const database = await emptyDatabase(
		`reference_${process.pid}_${count++}`);
	const pool = new pg.Pool({ connectionString: database.url, max: 4 });
	const server = http.createServer((request, response) =>
		handle(request, response));
	const url = await listen(server);
	const letters = [];
	const settings = options(pool, url, secret, letters);

	await (await getMigrations(settings)).runMigrations();

	const auth = betterAuth(settings);
	const handle = toNodeHandler(auth);

	return {
		url,
		database,
		query: database.query,
		letters,
		async stop() {
			server.closeAllConnections();
			await new Promise((done) => server.close(done));
			await pool.end();
			await database.drop();
		},
	};
}

function listen(server) {
	return new Promise((resolve, reject) => {
		server.on('error', reject);
		server.listen(0, '127.0.0.1', () => resolve(
			`http://127.0.0.1:${server.address().port}`));
	});
}
