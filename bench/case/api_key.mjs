/* What a program's request costs by API key, whose every use is written. */
import { makeBed, WORKERS } from '../bed.mjs';
import { costOf, costText } from '../cost.mjs';

const PEOPLE = 1000;

export const title = 'API keys';

const keyOf = (person) => String(person).padStart(64, 'k');

export async function measure({ seconds, empty }) {
	const bed = await makeBed({ people: PEOPLE, empty,
		config: { 'api_key.enabled': true } });
	const cost = (line) => costOf(bed, { seconds, clients: WORKERS,
		lines: bed.lines(PEOPLE, line) });
	const me = { path: '/api/me' };

	try {
		await makeKeys(bed);
		await bed.serve();

		const byCookie = await cost(() => me);
		const byKey = await cost((person) => ({ ...me, cookie: '',
			header: `x-api-key: ${keyOf(person)}` }));

		return [
			{ measured: 'API key, CPU of /api/me by it',
				ours: costText(byKey),
				beside: `by cookie ${costText(byCookie)}`,
				ratio: byKey.total / byCookie.total },
			{ measured: `API key, many keys, ${WORKERS} clients`,
				ours: `${byKey.rate.toFixed(0)}/s`,
				beside: `by cookie ${byCookie.rate.toFixed(0)}/s`,
				ratio: byKey.rate / byCookie.rate },
		];
	} finally {
		await bed.stop();
	}
}

function makeKeys(bed) {
	return bed.database.query(`INSERT INTO api_keys (id, user_id, key_hash,
		start, rate_limit_enabled, rate_limit_window_ms, rate_limit_max,
		permissions, created_at, updated_at)
		SELECT md5('key ' || n), md5('user ' || n),
			sha256(convert_to(lpad(n::text, 64, 'k'), 'UTF8')),
			'kkkkkk', false, 86400000, 10,
			'{"profile": ["read"]}', now(), now()
		FROM generate_series(1, ${PEOPLE}) AS n`);
}
