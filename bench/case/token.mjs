/* What it costs to sign a token for a session, and to let one in by it. */
import { makeBed, sessionCheck } from '../bed.mjs';
import { costOf, costText } from '../cost.mjs';
import { signTime } from '../load.mjs';
import { request } from '../../tests/lib/http.mjs';

const PEOPLE = 1000;
/* The algorithms of jwt.algorithm, as openssl speed calls them. */
const ALGORITHMS = { RS256: 'rsa2048', ES256: 'ecdsap256', EdDSA: 'ed25519' };

export const title = 'tokens';

export async function measure({ seconds, clients, empty }) {
	const rows = [];

	for (const [algorithm, name] of Object.entries(ALGORITHMS)) {
		const bed = await makeBed({ people: PEOPLE, empty, config: {
			'jwt.enabled': true, 'jwt.algorithm': algorithm,
			'jwt.set_header': false } });

		try {
			await bed.serve();
			rows.push(...await compare(bed, algorithm,
				await signTime(name), { seconds, clients }));
		} finally {
			await bed.stop();
		}
	}
	return rows;
}

async function compare(bed, algorithm, signing, options) {
	const cost = (line) => costOf(bed, { ...options,
		lines: bed.lines(PEOPLE, line) });
	const me = () => ({ path: '/api/me' });
	/* The first one waits for a key to be made. */
	const token = await tokenOf(bed, 1);
	const plain = await cost(sessionCheck);
	const signed = await cost(() => ({ path: '/api/auth/token' }));
	const byCookie = await cost(me);
	const byToken = await cost(() => ({ ...me(), cookie: '',
		header: `Authorization: Bearer ${token}` }));

	return [
		{ measured: `token of ${algorithm}, CPU to sign one`,
			ours: costText(signed),
			beside: `session check ${costText(plain)}, ` +
				`openssl ${signing.toFixed(0)} us`,
			ratio: signed.total / (plain.total + signing) },
		{ measured: `token of ${algorithm}, CPU of /api/me by it`,
			ours: costText(byToken),
			beside: `by cookie ${costText(byCookie)}`,
			ratio: byToken.total / byCookie.total },
	];
}

async function tokenOf(bed, person) {
	const answer = await request(bed.url, { path: '/api/auth/token',
		headers: { Cookie: bed.cookie(person) } });

	return answer.json().token;
}
