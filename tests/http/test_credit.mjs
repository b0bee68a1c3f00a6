/*
 * Credits by program: spends, holds, usage, and what gives them back. Every
 * answer is compared with what the ledger says afterwards.
 */
import { Person, after, before, eventually, is, matches, ok, oneOf, person,
	secret, stand, test, times } from './suite.mjs';

let at, admin, reader;
let serial = 0;

before(async () => {
	at = await stand({ name: 'credit', config: { 'api_key.enabled': true,
		'api_key.rate_limit': false,
		'jwt.enabled': true, 'jwt.algorithm': 'EdDSA' } });
	admin = await person(at, 'admin_rw');
	reader = await person(at, 'admin_ro');
});
after(async () => {
	const { stdout } = await at.tollgate(['ledger', 'verify']);

	ok(JSON.parse(stdout).clean, `ledger verify says ${stdout}`);
	is((await at.stop()).code, 0, 'the exit status');
});

const key = () => `credit-${++serial}`;

function refused(response, status, code) {
	is(response.status, status, `the status (${response.text})`);
	is(response.json().code, code, 'the code');
	ok(response.json().message.length > 8, 'there is a sentence');
}

async function done(promise) {
	const response = await promise;

	is(response.status, 200, `the status (${response.text})`);
	return response.json();
}

const call = (who, path, body = {}) => who.json(`/api/credits/${path}`,
	{ key: key(), ...body });
const get = (who, path) => done(who.get(`/api/credits/${path}`));
const grant = (who, amount, more) => done(admin.json(
	'/api/admin/credits/grant', { userId: who.id, amount,
		reason: 'To spend', key: key(), ...more }));
const balance = async (who) => (await get(who, 'balance')).balance;

async function rich(amount = 100) {
	const who = await person(at);

	await grant(who, amount);
	return who;
}

test('what is too much for one statement is booked in parts', async () => {
	const busy = await stand({ name: 'due', config:
		{ 'db.deadline_ms': 400 } });

	await busy.halt();
	await busy.psql(`INSERT INTO users (id, name, email, created_at,
			updated_at)
		SELECT 'due' || i, 'D', 'due' || i || '@example.com', now(), now()
		FROM generate_series(1, 1500) i;
		INSERT INTO wallets (id, kind)
		SELECT id, 'user' FROM users WHERE name = 'D';
		INSERT INTO transfers (id, wallet_id, kind, from_id, to_id, amount,
			reason, key, key_hash, created_at, expires_at)
		SELECT u.id || '_' || i, u.id, 'grant', 'issued', u.id, 1, '',
			i, sha256('x'), now() - interval '2 h',
			now() - interval '1 h'
		FROM users u, generate_series(1, 3) i WHERE u.name = 'D'`);
	await busy.start();
	await eventually('all is booked', async () => (await busy.psql(`SELECT
		count(*) AS due FROM wallets WHERE due_at IS NOT NULL`))[0]
		.due === 0, 50000);
	is((await busy.stop()).code, 0, 'the exit status');
});

test('a balance tells what is held, and what runs out when', async () => {
	const who = await rich(50);
	const soon = new Date(Date.now() + 3600e3).toISOString();

	await grant(who, 7, { expiresAt: '2099-01-02' });
	await grant(who, 5, { expiresAt: soon });
	await done(call(who, 'holds', { amount: 8 }));

	const told = await get(who, 'balance');

	is(told.balance, 54, 'the balance');
	is(told.held, 8, 'what is held');
	is(told.monthlySpent, 8, 'what counts in this month');
	is(told.monthlyCreditsQuota, null, 'the quota');
	/* The hold took what runs out first. */
	is(told.expiring.length, 1, 'the number of lots');
	is(told.expiring[0].amount, 4, 'what is left of it');
	is(told.expiring[0].expiresAt, '2099-01-03T00:00:00.000Z', 'its end');
});

test('a spend, a hold, its capture and its void are told as they are listed',
	async () => {
		const who = await rich();
		const spend = await done(call(who, 'spend', { amount: 10,
			reason: 'Render' }));
		const hold = await done(call(who, 'holds', { amount: 30,
			reason: 'Trip', expiresIn: 60 }));
		const capture = await done(call(who, `holds/${hold.id}/capture`,
			{ amount: 20 }));
		const other = await done(call(who, 'holds', { amount: 5 }));
		const release = await done(call(who, `holds/${other.id}/void`));

		is(spend.kind, 'spend');
		is(hold.kind, 'hold');
		is(hold.balance, 60, 'the balance with the hold');
		is(capture.originId, hold.id, 'the origin of the capture');
		is(capture.change, 0, 'what the capture changes');
		is(capture.balance, 70, 'the balance with the rest back');
		is(release.originId, other.id, 'the origin of the release');
		is(release.balance, 70, 'the balance in the end');
		is(await balance(who), 70, 'the balance of its own');

		const { transfers, next } = await get(who, 'transfers');

		is(transfers.map(({ kind }) => kind).join(' '),
			'release hold release capture hold spend grant');
		is(next, null, 'the next page');
		for (const made of [spend, hold, release])
			for (const [name, value] of Object.entries(await get(who,
				`transfers/${made.id}`)))
				is(value, made[name], `${name} of ${made.kind}`);
		is((await get(who, 'transfers?kind=hold&limit=1')).transfers[0].id,
			other.id, 'the newest hold');

		const held = await get(who, `holds/${hold.id}`);

		is(held.state, 'closed');
		is(held.captured, 20, 'what was captured');
		is(held.released, 10, 'what was released');
		is(held.reason, 'Trip', 'the reason');
		is(Date.parse(held.expiresAt) - Date.parse(held.createdAt), 60000,
			'the lifetime');
		is(held.closedAt, capture.createdAt, 'when it was closed');
	});

test('what an administrator sets aside is the administrator\'s to settle',
	async () => {
		const who = await rich(10);
		const put = (path, fields) => done(admin.json(
			`/api/admin/credits/${path}`, { key: key(), ...fields }));
		const made = async () => (await put('holds', {
			userId: who.id, amount: 5 })).id;
		const [first, second] = [await made(), await made()];

		for (const verb of ['capture', 'void'])
			refused(await call(who, `holds/${first}/${verb}`), 409,
				'SETTLED_ELSEWHERE');
		is((await get(who, `holds/${first}`)).state, 'open', 'the hold');
		await put(`holds/${first}/capture`, {});
		await put(`holds/${second}/void`, {});
		is((await get(who, 'balance')).balance, 5, 'what is left');
	});

test('holds are listed by state and paged', async () => {
	const who = await rich();
	const made = [];

	for (let i = 0; i < 3; i++)
		made.unshift((await done(call(who, 'holds', { amount: 1 }))).id);
	await done(call(who, `holds/${made[0]}/void`));

	const ids = async (query) => (await get(who, `holds${query}`)).holds
		.map(({ id }) => id).join(' ');

	is(await ids('?state=open'), made.slice(1).join(' '), 'the open ones');
	is(await ids('?state=closed'), made[0], 'the closed one');
	const first = await get(who, 'holds?limit=2');

	is(first.holds.length, 2, 'the first page');
	is(await ids(`?limit=2&cursor=${first.next}`), made[2], 'the second');
	refused(await who.get('/api/credits/holds?state=lost'), 400,
		'VALIDATION_ERROR');
});

test('what has run out is gone, booked or not', async () => {
	const who = await rich(10);
	const hold = await done(call(who, 'holds', { amount: 4,
		expiresIn: 1 }));

	await new Promise((resolve) => setTimeout(resolve, 1100));

	const seen = await get(who, `holds/${hold.id}`);

	is(seen.state, 'closed', 'the state of the hold');
	is(seen.released, 4, 'what is released of it');
	is(seen.closedAt, hold.expiresAt, 'when it was closed');
	is((await get(who, 'holds?state=open')).holds.length, 0, 'open holds');

	const { held, balance: left } = await get(who, 'balance');

	is(held, 0, 'what is held');
	is(left, 10, 'the balance');
	refused(await call(who, `holds/${hold.id}/capture`), 409,
		'HOLD_CLOSED');
	is((await get(who, `holds/${hold.id}`)).closedAt, hold.expiresAt,
		'when it was closed, when that is booked');
});

test('each refusal says why, and nothing has changed', async () => {
	const who = await rich(10);
	const other = await rich(10);
	const hold = await done(call(other, 'holds', { amount: 5 }));
	const gone = await done(call(who, 'holds', { amount: 1 }));

	await done(call(who, `holds/${gone.id}/void`));
	const open = await done(call(who, 'holds', { amount: 1 }));

	for (const [path, body, status, code] of [
		['spend', { amount: 10 }, 409, 'INSUFFICIENT_CREDITS'],
		['holds', { amount: 10 }, 409, 'INSUFFICIENT_CREDITS'],
		['usage', { type: 'x', amount: 1, cost: 10 }, 409,
			'INSUFFICIENT_CREDITS'],
		['holds/none/capture', {}, 404, 'HOLD_NOT_FOUND'],
		[`holds/${hold.id}/capture`, {}, 404, 'HOLD_NOT_FOUND'],
		[`holds/${hold.id}/void`, {}, 404, 'HOLD_NOT_FOUND'],
		[`holds/${gone.id}/capture`, {}, 409, 'HOLD_CLOSED'],
		[`holds/${open.id}/capture`, { amount: 2 }, 409, 'HOLD_EXCEEDED'],
		['spend', { amount: 0 }, 400, 'VALIDATION_ERROR'],
		['spend', { amount: -1 }, 400, 'VALIDATION_ERROR'],
		['spend', { amount: 1.5 }, 400, 'VALIDATION_ERROR'],
		['spend', { amount: '1' }, 400, 'VALIDATION_ERROR'],
		['holds', { amount: 1, expiresIn: 0 }, 400, 'VALIDATION_ERROR'],
		['holds', { amount: 1, expiresIn: 31536001 }, 400,
			'VALIDATION_ERROR'],
		['spend', { amount: 1, key: 'tollgate:x' }, 400,
			'IDEMPOTENCY_KEY_RESERVED'],
		['usage', { type: '', amount: 1, cost: 1 }, 400,
			'VALIDATION_ERROR'],
		['usage', { type: 'x'.repeat(65), amount: 1, cost: 1 }, 400,
			'VALIDATION_ERROR'],
		['usage', { type: 'x', amount: -1, cost: 1 }, 400,
			'VALIDATION_ERROR'],
		['usage', { type: 'x', amount: 1, cost: 1, metadata: [] }, 400,
			'VALIDATION_ERROR'],
		['usage', { type: 'x', amount: 1, cost: 1,
			metadata: { text: 'x'.repeat(4090) } }, 400,
		'VALIDATION_ERROR']])
		refused(await call(who, path, body), status, code);
	refused(await who.json('/api/credits/holds', { amount: 1 }), 400,
		'IDEMPOTENCY_KEY_REQUIRED');
	refused(await who.get(`/api/credits/holds/${hold.id}`), 404,
		'HOLD_NOT_FOUND');
	refused(await who.get(`/api/credits/transfers/${hold.id}`), 404,
		'TRANSFER_NOT_FOUND');
	is(await balance(who), 9, 'the balance');
	is((await get(who, 'usage')).usage.length, 0, 'the usage');
});

/* ---- usage ----------------------------------------------------------------- */

test('usage is noted with what it costs, or not at all', async () => {
	const who = await rich(10);
	const asked = { key: key(), type: 'render', amount: 1200, cost: 7,
		metadata: { model: 'xl', sizes: [1, 2.5], deep: { a: null } },
		reason: 'A picture' };
	const made = await done(call(who, 'usage', asked));

	is(made.balance, 3, 'the balance');
	is(made.transfer.kind, 'spend', 'the kind of transfer');
	is(made.transfer.amount, 7, 'the amount of the transfer');
	is(made.transfer.reason, 'A picture', 'its reason');
	is(made.usage.transferId, made.transfer.id, 'the transfer noted');
	is(made.usage.amount, 1200, 'the units');
	is(made.usage.metadata.sizes[1], 2.5, 'some metadata');
	refused(await call(who, 'usage', { ...asked, key: key() }), 409,
		'INSUFFICIENT_CREDITS');
	await done(admin.send('PATCH', `/api/admin/users/${who.id}`, {
		headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify({ monthlyCreditsQuota: 8 }) }));
	refused(await call(who, 'usage', { type: 'render', amount: 1,
		cost: 3 }), 409, 'QUOTA_EXCEEDED');

	const free = await done(call(who, 'usage', { type: 'look', amount: 1,
		cost: 0 }));

	is(free.transfer, null, 'the transfer of what is free');
	is(free.balance, 3, 'the balance with it');

	const { usage } = await get(who, 'usage');

	is(usage.map(({ type }) => type).join(' '), 'look render');
	is(JSON.stringify(usage[1]), JSON.stringify(made.usage),
		'what is listed');
	is((await get(who, 'usage?type=look')).usage[0].id, free.usage.id,
		'what is listed of a type');
	is((await get(who, 'usage?to=2020-01-01')).usage.length, 0,
		'what is listed of long ago');
});

/* ---- keys ------------------------------------------------------------------ */

const CONSUME = { type: 'k', amount: 1, cost: 2 };

test('under one key there is one answer, whatever is asked with it', async () => {
	const who = await rich();
	const hold = await done(call(who, 'holds', { amount: 9,
		expiresIn: 600 }));
	const requests = [
		['spend', { amount: 2 }], ['holds', { amount: 2, expiresIn: 600 }],
		[`holds/${hold.id}/capture`, { amount: 4 }],
		['usage', CONSUME], ['usage', { ...CONSUME, cost: 0 }]];

	for (const [path, body] of requests) {
		const own = { ...body, key: key() };
		const first = await call(who, path, own);
		const left = await balance(who);

		is(first.status, 200, `the status of ${path} (${first.text})`);
		for (const [elsewhere, others] of requests) {
			const again = await call(who, elsewhere, { ...others,
				key: own.key });

			if (others === body)
				is(again.text, first.text, `the answer of ${path}`);
			else
				refused(again, 409, 'IDEMPOTENCY_KEY_REUSED');
		}
		refused(await call(who, path, { ...own, reason: 'Else' }), 409,
			'IDEMPOTENCY_KEY_REUSED');
		is(await balance(who), left, `the balance after ${path}`);
	}
});

test('one key that is asked for on two routes at once has one effect',
	async () => {
		for (const cost of [2, 0]) {
			const who = await rich();
			const shared = key();
			const answers = await times(12, (i) => i % 2 === 0 ?
				call(who, 'spend', { amount: 2, key: shared }) :
				call(who, 'usage', { ...CONSUME, cost, key: shared }));
			const won = answers.filter(({ status }) => status === 200);

			is(won.length, 6, 'the number of those it was done for');
			for (const { text } of won)
				is(text, won[0].text, 'the answer');
			for (const answer of answers)
				if (answer.status !== 200)
					refused(answer, 409,
						'IDEMPOTENCY_KEY_REUSED');
			oneOf(await balance(who), cost === 2 ? [98] : [98, 100],
				'the balance');
			is((await get(who, 'usage')).usage.length +
				(await get(who, 'transfers?kind=spend')).transfers
					.length, won[0].json().usage?.cost > 0 ? 2 : 1,
			'what there is of it');
		}
	});

test('a hold is captured once, however many try', async () => {
	const who = await rich();
	const hold = await done(call(who, 'holds', { amount: 10 }));
	const answers = await times(10, (i) => call(who,
		`holds/${hold.id}/${i % 2 === 0 ? 'capture' : 'void'}`));

	is(answers.filter(({ status }) => status === 200).length, 1,
		'how many did it');
	const { captured, released } = await get(who, `holds/${hold.id}`);

	is(captured + released, 10, 'what became of it');
	is(await balance(who), 90 + released, 'the balance');
});

/* ---- by program ------------------------------------------------------------ */

test('a key opens the part of credits that it names', async () => {
	const who = await rich();
	const hold = await done(call(who, 'holds', { amount: 1 }));
	const opened = {
		'credits:read': ['balance', 'transfers', `transfers/${hold.id}`,
			'holds', `holds/${hold.id}`, 'usage'],
		'credits:spend': [['spend', { amount: 1 }]],
		'credits:hold': [['holds', { amount: 1 }],
			[`holds/${hold.id}/capture`, {}],
			[`holds/${hold.id}/void`, {}]],
		'credits:usage': [['usage', CONSUME]] };

	for (const [scope, own] of Object.entries(opened)) {
		const made = await done(who.json('/api/keys', { name: 'x',
			scopes: [scope] }));
		const headers = { 'x-api-key': secret(made.key),
			'Content-Type': 'application/json' };

		for (const ask of Object.values(opened).flat()) {
			const [path, body] = [ask].flat();
			const { status } = await new Person(at).send(
				body === undefined ? 'GET' : 'POST',
				`/api/credits/${path}`, { headers,
					body: body === undefined ? null :
						JSON.stringify({ ...body, key: key() }) });

			if (own.includes(ask))
				oneOf(status, [200, 409], `${scope} at ${path}`);
			else
				is(status, 403, `${scope} at ${path}`);
		}
		for (const path of ['holds', 'usage'])
			is((await new Person(at).send('GET',
				`/api/admin/credits/${path}`, { headers })).status,
			403, `${scope} at an admin's ${path}`);
	}
});

test('a token opens credits of its user, and nothing of an admin', async () => {
	const who = await rich();
	const { token } = (await who.get('/api/auth/token')).json();
	const bearer = (method, path, body) => new Person(at).send(method, path,
		{ body: body && JSON.stringify(body), headers: {
			Authorization: `Bearer ${secret(token)}`,
			'Content-Type': 'application/json' } });

	is((await done(bearer('POST', '/api/credits/usage',
		{ ...CONSUME, key: key() }))).balance, 98, 'the balance');
	for (const path of ['grant', 'adjust', 'spend', 'refund', 'holds'])
		is((await bearer('POST', `/api/admin/credits/${path}`,
			{ userId: who.id, amount: 5, reason: 'x', key: key(),
				transferId: 'x' })).status, 403, path);
});

/* ---- by an admin ----------------------------------------------------------- */

const asAdmin = (path, body) => admin.json(`/api/admin/credits/${path}`,
	{ key: key(), ...body });
const trail = async (where) => (await at.psql(`SELECT FROM audit
	WHERE actor_id = '${admin.id}' AND ${where}`)).length;
const trailOf = (action, id) => trail(`action = '${action}'
	AND target_id = '${id}'`);

test('a refund gives back what was spent, once, and in parts', async () => {
	const who = await rich();
	const spend = await done(call(who, 'spend', { amount: 10 }));
	const refund = (more) => asAdmin('refund', { userId: who.id,
		transferId: spend.id, reason: 'Broken', ...more });
	const first = await done(refund({ amount: 4 }));

	is(first.kind, 'refund');
	is(first.originId, spend.id, 'the origin');
	is(first.balance, 94, 'the balance');
	refused(await refund({ amount: 7 }), 409, 'TRANSFER_EXCEEDED');
	is((await done(refund())).amount, 6, 'the rest');
	refused(await refund(), 409, 'TRANSFER_REVERSED');
	refused(await asAdmin('refund', { userId: admin.id, reason: 'x',
		transferId: spend.id }), 404, 'TRANSFER_NOT_FOUND');
	is(await trailOf('credit.refund', who.id), 2, 'audit rows');
	is(await balance(who), 100, 'the balance in the end');
});

test('an admin settles anybody\'s holds, and finds them', async () => {
	const who = await rich();
	const hold = await done(call(who, 'holds', { amount: 5,
		reason: 'Trip' }));
	const other = await done(asAdmin('holds', { userId: who.id, amount: 3,
		expiresIn: 60 }));
	const list = async (query) => (await done(reader.get(
		`/api/admin/credits/holds?user=${who.email}${query}`))).holds;

	is((await list('')).length, 2, 'holds of one');
	is((await list('&state=open'))[1].userText, who.email, 'whose it is');
	is((await list(''))[0].userId, who.id, 'whose id');
	is((await done(asAdmin(`holds/${hold.id}/capture`,
		{ amount: 2 }))).balance, 95, 'the balance');
	is((await done(asAdmin(`holds/${other.id}/void`,
		{ reason: 'Off' }))).reason, 'Off', 'the reason');
	is((await list('&state=open')).length, 0, 'holds that are open');
	is(await trailOf('credit.capture', who.id), 1, 'audited captures');
	is(await trailOf('credit.release', who.id), 1, 'audited releases');
	is(await trailOf('credit.hold', who.id), 1, 'audited holds');
	refused(await asAdmin('holds/none/void'), 404, 'HOLD_NOT_FOUND');
	is((await done(reader.get('/api/admin/credits/holds?limit=1')))
		.holds.length, 1, 'holds of everybody');
});

test('nobody settles holds of somebody with more rights', async () => {
	const above = await (await rich()).become('super_admin');
	const hold = await done(call(above, 'holds', { amount: 5 }));

	for (const path of [`holds/${hold.id}/capture`, `holds/${hold.id}/void`])
		refused(await asAdmin(path), 403, 'FORBIDDEN');
	refused(await asAdmin('spend', { userId: above.id, amount: 1 }), 403,
		'FORBIDDEN');
});

test('what everybody used is listed', async () => {
	const who = await rich();
	const { usage } = await done(call(who, 'usage', { type: 'all',
		amount: 1, cost: 1 }));
	const list = async (query) => (await done(reader.get(
		`/api/admin/credits/usage?${query}`))).usage;

	is((await list(`user=${who.id}`))[0].id, usage.id, 'of one user');
	is((await list('type=all'))[0].userText, who.email, 'of one type');
	is((await list('limit=1'))[0].id, usage.id, 'of everybody');
});

test('grants end when they are told to, whenever that is asked', async () => {
	const who = await person(at);
	const own = { key: key(), expiresInDays: 30 };
	const made = await grant(who, 5, own);

	is(Date.parse(made.expiresAt) - Date.parse(made.createdAt),
		30 * 86400e3, 'the lifetime');
	is(JSON.stringify(await grant(who, 5, own)), JSON.stringify(made),
		'the answer to the same');
	for (const [more, code] of [[{ expiresAt: '2020-01-01' },
		'EXPIRY_PASSED'], [{ expiresAt: 'soon' }, 'VALIDATION_ERROR'],
	[{ expiresAt: '2099-01-01', expiresInDays: 1 }, 'VALIDATION_ERROR'],
	[{ expiresInDays: 0 }, 'VALIDATION_ERROR']])
		refused(await asAdmin('grant', { userId: who.id, amount: 1,
			reason: 'x', ...more }), 400, code);
	is(await balance(who), 5, 'the balance');
});

test('an organization has a wallet of its own', async () => {
	const organizationId = `org-${process.pid}`;
	const change = (path, body) => asAdmin(path, { organizationId, ...body });

	refused(await change('spend', { amount: 1 }), 409,
		'INSUFFICIENT_CREDITS');
	is((await done(change('grant', { amount: 50, reason: 'x' }))).balance,
		50, 'the balance');
	is((await done(change('adjust', { amount: -5, reason: 'x' }))).balance,
		45, 'the balance after a correction');

	const spend = await done(change('spend', { amount: 5 }));
	const hold = await done(change('holds', { amount: 10 }));

	is((await done(asAdmin(`holds/${hold.id}/capture`))).balance, 30,
		'the balance with the hold settled');
	is((await done(change('refund', { transferId: spend.id, reason: 'x' })))
		.balance, 35, 'the balance after the refund');

	const { holds } = await done(reader.get(
		`/api/admin/credits/holds?user=${organizationId}`));

	is(holds[0].organizationId, organizationId, 'whose hold it is');
	is(holds[0].userId, null, 'whose it is not');
	is(await trail(`target_type = 'organization'
		AND target_id = '${organizationId}'`), 6, 'audit rows');
});

test('a user is no organization, and an organization no user', async () => {
	const who = await rich();

	refused(await asAdmin('grant', { organizationId: who.id, amount: 1,
		reason: 'x' }), 404, 'ORGANIZATION_NOT_FOUND');
	for (const system of ['issued', 'spent', 'expired', 'held'])
		refused(await asAdmin('grant', { organizationId: system,
			amount: 1, reason: 'x' }), 404, 'ORGANIZATION_NOT_FOUND');
	for (const path of ['spend', 'holds'])
		refused(await asAdmin(path, { organizationId: who.id,
			amount: 1 }), 409, 'INSUFFICIENT_CREDITS');
	for (const both of [{}, { userId: who.id, organizationId: 'x' }])
		refused(await asAdmin('grant', { ...both, amount: 1,
			reason: 'x' }), 400, 'VALIDATION_ERROR');
	is(await balance(who), 100, 'the balance');
});

/* ---- pages ----------------------------------------------------------------- */

test('a user reads what runs out, what is held and what was used', async () => {
	const who = await rich(10);

	await grant(who, 100, { expiresAt: '2097-01-03' });
	await done(call(who, 'holds', { amount: 40, reason: 'A trip' }));
	await done(call(who, 'usage', { type: 'render', amount: 1200,
		cost: 5 }));

	const { text } = await who.get('/account/credits');

	matches(text, /55 of them expire after <time [^>]*>3 Jan 2097</, 'the lot');
	matches(text, /40 set aside for A trip until/, 'the hold');
	matches(text, /render[^]*1,200[^]*>5</, 'the usage');
});

test('an admin grants until a day, settles holds and refunds on a page',
	async () => {
		const who = await rich(10);
		const at = `/admin/users/${who.id}`;
		const posted = async (path, fields) => {
			is((await admin.post(`${at}/${path}`, { key: key(),
				...fields })).status, 303, `the status of ${path}`);
			return (await admin.get(at)).text;
		};

		matches(await posted('grant', { amount: '20', reason: 'x',
			expiresAt: '2097-01-03' }),
		/20 of them expire after <time [^>]*>3 Jan 2097</, 'the lot');

		const spend = await done(call(who, 'spend', { amount: 7,
			reason: 'Broken' }));
		const [first, second] = [
			await done(call(who, 'holds', { amount: 3 })),
			await done(call(who, 'holds', { amount: 2 }))];

		matches((await admin.get(at)).text, new RegExp(
			`<option value="${spend.id}">7 credits, Broken,`), 'the choice');
		ok(!(await reader.get(at)).text.includes(`${first.id}/capture`),
			'who only reads is offered a capture');
		await posted(`holds/${first.id}/capture`, { amount: '1' });
		is(await balance(who), 20, 'the balance with one settled');
		await posted(`holds/${second.id}/void`);
		await posted('refund', { transferId: spend.id, amount: '',
			reason: 'Sorry' });
		is(await balance(who), 29, 'the balance');

		const again = await admin.post(`${at}/refund`, { key: key(),
			transferId: spend.id, amount: '', reason: 'Sorry' });

		is(again.status, 409, 'the status of one more');
		matches(again.text, /All of this transfer has come back/, 'why');
	});
