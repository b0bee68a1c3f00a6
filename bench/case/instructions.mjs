/*
 * What a worker alone executes in user space for a request, by valgrind: the
 * one figure here that no neighbour changes. Without a master nothing is
 * counted and nothing limited.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { PASSWORD, makeBed } from '../bed.mjs';
import { ask } from '../../tests/lib/fcgi.mjs';

const run = promisify(execFile);
const PEOPLE = 1000;
const WARM_UP = 20;	/* statements are prepared, templates met */
const TIMES = 50;

export const title = 'instructions';

export async function measure({ empty }) {
	const bed = await makeBed({ people: PEOPLE, empty,
		config: { 'password.memory_kib': 64, 'password.passes': 1 } });
	const rows = [];

	try {
		const profile = path.join(bed.dir, 'callgrind');

		await bed.serveAlone(['valgrind', '-q', '--tool=callgrind',
			`--callgrind-out-file=${profile}`]);
		for (const [name, request] of kinds(bed))
			rows.push({ measured: `instructions, ${name}`,
				ours: await count(bed, profile, request) });
		return rows;
	} finally {
		await bed.stop();
	}
}

/* The headers browsers and programs send, and lighttpd's usual variables. */
function kinds(bed) {
	const person = { Cookie: bed.cookie(2), ...agent };
	const admin = { Cookie: bed.cookie(1), ...agent };
	const page = { ...agent, Accept: 'text/html' };
	const post = (uri, headers, body) => ({ method: 'POST', uri,
		body: JSON.stringify(body), headers: { ...headers,
			Origin: bed.url }, values: { ...values,
			CONTENT_TYPE: 'application/json' } });
	const get = (uri, headers) => ({ uri, headers, values });
	let spent = 0;

	return [
		['health', () => get('/auth/health', agent)],
		['session check', () => get('/api/auth/get-session', person)],
		['session check without a cookie', () =>
			get('/api/auth/get-session', agent)],
		['/login', () => get('/login', page)],
		['sign-in, its hash of 64 KiB included', () =>
			post('/api/auth/sign-in/email', agent,
				{ email: bed.email(3), password: PASSWORD })],
		['credit spend', () => post('/api/credits/spend', person,
			{ amount: 1, reason: 'Bench', key: `i${++spent}` })],
		['admin users, first page', () =>
			get('/api/admin/users', admin)],
		['admin users, first page, HTML', () =>
			get('/admin/users', { ...admin, ...page })],
		['a page that is not there', () => get('/not/there', page)],
	];
}

const agent = { Accept: '*/*', 'User-Agent': 'Mozilla/5.0 (X11; Linux ' +
	'x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', Host: 'localhost' };
const values = { GATEWAY_INTERFACE: 'CGI/1.1', SERVER_PORT: '80',
	SERVER_SOFTWARE: 'lighttpd', SERVER_NAME: 'localhost',
	SERVER_ADDR: '127.0.0.1', REMOTE_PORT: '50000', REQUEST_SCHEME: 'http',
	REDIRECT_STATUS: '200', SCRIPT_NAME: '', SCRIPT_FILENAME: '/srv/',
	DOCUMENT_ROOT: '/srv' };

/* Of one request, on average. */
async function count(bed, profile, request) {
	const send = async (times) => {
		for (let i = 0; i < times; i++) {
			const { status } = await ask(bed.socket, request());

			if (status >= 500)
				throw new Error(`status ${status}`);
		}
	};
	const control = (option) => run('callgrind_control',
		[option, String(bed.pid)]);

	await send(WARM_UP);
	await control('--zero');
	await send(TIMES);
	await control('--dump');
	return Math.round(totalOf(profile) / TIMES).toLocaleString('en');
}

/* The dump is PROFILE.1, then .2; each is taken away when it has been read. */
function totalOf(profile) {
	const [name] = fs.readdirSync(path.dirname(profile)).filter((file) =>
		file.startsWith(`${path.basename(profile)}.`));
	const file = path.join(path.dirname(profile), name);
	const [, total] = /^totals: (\d+)$/m.exec(fs.readFileSync(file, 'utf8'));

	fs.rmSync(file);
	return Number(total);
}
