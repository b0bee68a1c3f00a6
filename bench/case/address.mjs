/*
 * Does the time of an answer tell whether an address is known? One client asks
 * for known and unknown ones in random order; Welch's t says how sure one may
 * be that the two kinds differ. 4.5 and more is taken for a yes, as in tests
 * for constant time: by chance it comes up once in a hundred thousand runs.
 */
import { randomInt } from 'node:crypto';
import http from 'node:http';
import { PASSWORD, makeBed } from '../bed.mjs';

const PEOPLE = 1000;
const MOST_T = 4.5;
const KEPT = 0.9;	/* of all samples: the slow rest is the neighbours' */
const WARM_UP = 200;

export const title = 'known and unknown addresses';

const KINDS = [
	['a new password asked for', 3, (email) => ['/request-password-reset',
		{ email, redirectTo: '/reset' }, 200]],
	['sign-in refused', 6, (email) => ['/sign-in/email',
		{ email, password: `${PASSWORD}!` }, 401]],
];

export async function measure({ seconds, empty }) {
	const bed = await makeBed({ people: PEOPLE, empty });
	const rows = [];

	try {
		await bed.serve();
		for (const [name, times, question] of KINDS)
			rows.push(rowOf(name, await sample(bed, question,
				seconds * times)));
		return rows;
	} finally {
		await bed.stop();
	}
}

async function sample(bed, question, seconds) {
	const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
	const took = { known: [], unknown: [] };
	const until = Date.now() + seconds * 1000;

	for (let i = 0; Date.now() < until; i++) {
		const kind = randomInt(2) === 0 ? 'known' : 'unknown';
		const email = bed.email(1 + randomInt(PEOPLE));
		/* of the same length, and nobody's */
		const us = await ask(bed.url, agent, ...question(
			kind === 'known' ? email : email.replace('p', 'q')));

		if (i >= WARM_UP)
			took[kind].push(us);
	}
	agent.destroy();
	return crop(took);
}

function ask(url, agent, path, body, wanted) {
	const text = JSON.stringify(body);
	const began = process.hrtime.bigint();

	return new Promise((resolve, reject) => {
		const sent = http.request(`${url}/api/auth${path}`, {
			agent, method: 'POST', headers: {
				'Content-Type': 'application/json', Origin: url,
				'Content-Length': Buffer.byteLength(text) },
		}, (response) => {
			const us = Number(process.hrtime.bigint() - began) / 1e3;

			response.resume().on('end', () =>
				response.statusCode === wanted ? resolve(us) :
					reject(new Error(`${path} answered ` +
						response.statusCode)));
		});

		sent.on('error', reject);
		sent.end(text);
	});
}

/* At one bound for both kinds, or the cut itself would tell them apart. */
function crop({ known, unknown }) {
	const all = [...known, ...unknown].sort((a, b) => a - b);
	const most = all[Math.floor(all.length * KEPT)];

	return { known: statistics(known.filter((us) => us < most)),
		unknown: statistics(unknown.filter((us) => us < most)) };
}

function statistics(samples) {
	const count = samples.length;
	const mean = samples.reduce((sum, us) => sum + us, 0) / count;
	const variance = samples.reduce((sum, us) => sum + (us - mean) ** 2,
		0) / (count - 1);

	return { count, mean, variance };
}

function rowOf(name, { known, unknown }) {
	const t = (unknown.mean - known.mean) / Math.sqrt(
		known.variance / known.count + unknown.variance / unknown.count);
	const text = ({ mean, count }) => `${mean.toFixed(0)} us (${count})`;

	return { measured: `${name}, unknown address: t ${t.toFixed(1)}`,
		ours: text(unknown), beside: `known address ${text(known)}`,
		ratio: unknown.mean / known.mean, target: `|t| < ${MOST_T}`,
		met: Math.abs(t) < MOST_T };
}
