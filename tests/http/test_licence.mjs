/*
 * Licences as files: issued on the command line, checked by it where there is
 * neither database nor configuration, and by somebody else's cryptography.
 */
import crypto from 'node:crypto';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { PROGRAM } from '../lib/paths.mjs';
import { after, before, is, matches, ok, person, stand, test }
	from './suite.mjs';

let at, holder;

before(async () => {
	at = await stand({ name: 'licence', config: { 'worker.count': 1 } });
	holder = await person(at);
});
after(async () => is((await at.stop()).code, 0, 'the exit status'));

/* The program without anything of ours: no file, no setting, no database. */
function alone(args) {
	return new Promise((resolve) => execFile(PROGRAM, args, {
		env: { PATH: process.env.PATH, TOLLGATE_CONFIG: '/nonexistent/no',
			TOLLGATE_DB_URL: 'postgresql://127.0.0.1:1/none' },
	}, (error, stdout, stderr) => resolve({ stdout, stderr,
		code: error === null ? 0 : error.code })));
}

const issue = async (...args) => (await at.tollgate(['licence', 'issue',
	'--user', holder.email, '--type', 'pro', ...args])).stdout;
const failure = (args) => at.tollgate(['licence', ...args]).then(() =>
	ok(false, `${args} succeeded`), (error) => error);

let files = 0;

function keep(text) {
	const name = path.join(at.dir, `file${files++}`);

	fs.writeFileSync(name, text);
	return name;
}

const key = async (...args) => keep((await at.tollgate(['licence', 'key',
	...args])).stdout);
const verify = (file, keyFile, ...args) => alone(['licence', 'verify', file,
	'--key', keyFile, ...args]);

const body = (text) => text.split('\n').slice(1, -2).join('');
const read = (token, part) => JSON.parse(Buffer.from(
	token.split('.')[part], 'base64url'));
const encode = (value) => Buffer.from(JSON.stringify(value))
	.toString('base64url');
const armor = (token) => '-----BEGIN TOLLGATE LICENCE-----\n' +
	`${token.match(/.{1,64}/g).join('\n')}\n` +
	'-----END TOLLGATE LICENCE-----\n';

test('a licence is checked where nothing of ours is, and says what it is',
	async () => {
		const text = await issue('--feature', 'export', '--feature', 'sso',
			'--limit', 'seats=5', '--expires', '30');
		const file = keep(text);

		for (const half of [await key(), await key('--format', 'pem')]) {
			const { code, stdout, stderr } = await verify(file, half);

			is(code, 0, 'the exit status');
			is(stderr, '', 'what it complains of');
			matches(stdout, /^type: pro$/m);
			matches(stdout, new RegExp(`^holder: ${holder.email}$`, 'm'));
			matches(stdout, new RegExp(`^owner: user ${holder.id}$`, 'm'));
			matches(stdout, new RegExp(`^issuer: ${at.url}$`, 'm'));
			matches(stdout, /^features: export sso$/m);
			matches(stdout, /^limits: seats=5$/m);
			matches(stdout, /^expires: 20\d\d-/m);
		}
		is(armor(body(text)), text, 'the form of the file');
	});

test('another implementation of Ed25519 agrees', async () => {
	const token = body(await issue());
	const jwk = JSON.parse((await at.tollgate(['licence', 'key'])).stdout);
	const [header, claims, signature] = token.split('.');

	is(read(token, 0).typ, 'licence+jwt', 'the type');
	is(read(token, 0).alg, 'EdDSA', 'the algorithm');
	is(read(token, 0).kid, jwk.kid, 'the key');
	ok(crypto.verify(null, Buffer.from(`${header}.${claims}`),
		crypto.createPublicKey({ key: jwk, format: 'jwk' }),
		Buffer.from(signature, 'base64url')), 'the signature is wrong');
});

test('a licence that has ended is not valid, nor one from the future',
	async () => {
		const file = keep(await issue('--expires', '1'));
		const half = await key();
		const on = (days) => verify(file, half, '--at', new Date(Date.now() +
			days * 86400000).toISOString());
		const late = await on(2);

		is(late.code, 1, 'the exit status after its end');
		matches(late.stderr, /has expired/);
		matches(late.stdout, /^type: pro$/m, 'what it still says');
		is((await on(0.9)).code, 0, 'the exit status before it');
		is((await on(-1)).code, 1, 'the exit status before its issue');
	});

test('a licence without an end says so', async () => {
	const { stdout } = await verify(keep(await issue()), await key());

	matches(stdout, /^expires: never$/m);
});

test('no change of a file is valid, nor another key\'s signature',
	async () => {
		const text = await issue('--feature', 'export');
		const half = await key();
		const forger = crypto.generateKeyPairSync('ed25519');
		const header = { ...read(body(text), 0) };
		const claims = { ...read(body(text), 1), licence: 'enterprise' };
		const signed = `${encode(header)}.${encode(claims)}`;
		const forged = `${signed}.${crypto.sign(null, Buffer.from(signed),
			forger.privateKey).toString('base64url')}`;
		const confused = `${encode({ ...header, alg: 'HS256' })}.` +
			`${encode(claims)}`;
		const hmac = crypto.createHmac('sha256', fs.readFileSync(half))
			.update(confused).digest('base64url');

		for (const [what, changed] of Object.entries({
			'another key': armor(forged),
			'its public half as a secret': armor(`${confused}.${hmac}`),
			'no algorithm': armor(`${encode({ ...header, alg: 'none' })}.` +
				`${encode(claims)}.AA`),
			'another claim': armor([body(text).split('.')[0],
				encode(claims), body(text).split('.')[2]].join('.')),
			'no signature': armor(body(text).split('.').slice(0, 2)
				.join('.')),
			'other line ends': text.replaceAll('\n', '\r\n'),
			'a line more': `${text}\n`,
			'no armour': body(text),
			'nothing': '',
			'much': 'A'.repeat(100000),
		})) {
			const { code, stdout } = await verify(keep(changed), half);

			is(code, 1, `the exit status of ${what}`);
			is(stdout, '', `what is said of ${what}`);
		}
	});

test('what is called wrongly is neither valid nor invalid', async () => {
	const file = keep(await issue());
	const half = await key();

	for (const [args, wanted] of [[[], /needs a file/],
		[[file], /--key/], [[`${file}no`, '--key', half], /cannot be read/],
		[[file, '--key', `${half}no`], /cannot be read/],
		[[file, '--key', file], /no public key/],
		[[file, '--key', half, '--at', 'noon'], /--at/]]) {
		const { code, stderr } = await alone(['licence', 'verify', ...args]);

		is(code, 2, `the exit status of ${args}`);
		matches(stderr, wanted);
	}
});

test('a refused issue says why', async () => {
	for (const [args, wanted] of [
		[['issue', '--user', 'nobody@example.com', '--type', 'pro'],
			/User not found/],
		[['issue', '--user', holder.email], /--type/],
		[['issue', '--user', holder.email, '--type', 'gold'], /--type/],
		[['issue', '--type', 'pro'], /--user/],
		[['issue', '--user', holder.email, '--type', 'pro', '--feature',
			'A'], /--feature/],
		[['issue', '--user', holder.email, '--type', 'pro', '--limit',
			'seats'], /--limit/],
		[['issue', '--user', holder.email, '--type', 'pro', '--expires',
			'0'], /--expires/],
		[['revoke', 'nothing', '--reason', 'No.'], /Licence not found/],
		[['revoke', 'nothing'], /--reason/],
		[['key', 'nothing'], /Signing key not found/],
		[['key', '--format', 'der'], /--format/],
		[['rotate', 'x'], /takes nothing/], [['burn'], /knows issue/]])
		matches((await failure(args)).stderr, wanted);
});

test('another key signs from now on, and the old files stay valid',
	async () => {
		const before = keep(await issue());
		const old = await key();
		const { stdout } = await at.tollgate(['licence', 'rotate']);
		const after = keep(await issue());

		is(JSON.parse(fs.readFileSync(await key())).kid, stdout.trim(),
			'the key');
		is((await verify(before, old)).code, 0, 'the old file');
		is((await verify(after, old)).code, 1, 'the new one, old key');
		is((await verify(after, await key())).code, 0, 'the new one');
		is((await verify(before, await key(JSON.parse(
			fs.readFileSync(old)).kid))).code, 0, 'the old key by name');
	});

test('the command line revokes, and the audit tells of all of it',
	async () => {
		const { jti } = read(body(await issue()), 1);

		await at.tollgate(['licence', 'revoke', jti, '--reason', 'Unpaid.']);
		matches((await failure(['revoke', jti, '--reason', 'Again.'])).stderr,
			/revoked already/);
		is((await at.psql(`SELECT string_agg(action, ' ' ORDER BY id) AS all
			FROM audit WHERE target_id = '${holder.id}'
			AND after ->> 'licence' = '${jti}'`))[0].all,
		'licence.issue licence.revoke', 'the audit');
	});
