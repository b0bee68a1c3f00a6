/*
 * More credits than one administrator may grant: proposed by one, confirmed by
 * another, whoever tries what at once.
 */
import { Person, after, before, is, matches, ok, person, stand, test, times }
	from './suite.mjs';

const ABOVE = 100, MUCH = 5000;
const PROPOSALS = '/api/admin/credits/proposals';

let at, off, first, second, someone, serial = 0;

before(async () => {
	at = await stand({ name: 'approval', config: { 'admin.enabled': true,
		'credits.approval_above': ABOVE } });
	off = await stand({ name: 'noapproval' });
	first = await person(at, 'admin_rw');
	second = await person(at, 'admin_rw');
});
after(async () => {
	is((await at.stop()).code, 0, 'the exit status');
	is((await off.stop()).code, 0, 'the exit status');
});

const freshKey = () => `approval-${process.pid}-${++serial}`;

function grant(who, whom, amount, more = {}) {
	const { kind = 'grant', key = freshKey(), reason = 'A big customer' } =
		more;

	return who.send('POST', `/api/admin/credits/${kind}`, {
		headers: { 'Content-Type': 'application/json',
			'Idempotency-Key': key },
		body: JSON.stringify({ userId: whom.id, amount, reason }) });
}

async function propose(who, whom, more) {
	const answer = await grant(who, whom, MUCH, more);

	is(answer.status, 202, 'the status of a proposal');
	return answer.json().proposal;
}

const decide = (who, { id }, verb) =>
	who.json(`${PROPOSALS}/${id}/${verb}`, {});

async function refused(answer, status, code) {
	is((await answer).status, status, 'the status');
	is((await answer).json().code, code, 'the code');
}

async function balance(whom) {
	return (await whom.get('/api/me')).json().balance;
}

async function stateOf({ id }) {
	return (await first.get(`${PROPOSALS}/${id}`)).json().proposal.state;
}

test('up to the limit one administrator is enough', async () => {
	someone = await person(at);
	is((await grant(first, someone, ABOVE)).status, 200, 'the status');
	is(await balance(someone), ABOVE, 'the balance');
});

test('above it a program is told to wait, and nothing is granted', async () => {
	someone = await person(at);

	const proposal = await propose(first, someone);

	is(proposal.state, 'open', 'the state');
	is(proposal.amount, MUCH, 'the amount');
	is(proposal.userId, someone.id, 'whose it is');
	is(proposal.proposedBy, first.id, 'who proposed it');
	is(await balance(someone), 0, 'the balance');
});

test('a person is told so, too, and another one confirms on a page',
	async () => {
		someone = await person(at);

		const answer = await first.post(`/admin/users/${someone.id}/grant`,
			{ amount: String(MUCH), reason: 'By hand',
				key: freshKey() });
		const page = await first.get(answer.header('location'));

		is(answer.status, 303, 'the status');
		matches(page.text, /5,000 credits are proposed/, 'the page');

		const mine = await first.get('/admin/approvals');
		const theirs = await second.get('/admin/approvals');
		const [, id] = /approvals\/([0-9a-f]{32})\/withdraw/.exec(
			mine.text) ?? [];

		ok(id, 'who proposed it cannot withdraw it');
		ok(!mine.text.includes(`${id}/confirm`), 'he could confirm it');
		ok(theirs.text.includes(`${id}/confirm`),
			'the other one cannot confirm it');
		is((await second.post(`/admin/approvals/${id}/confirm`)).status,
			303, 'the status');
		is(await balance(someone), MUCH, 'the balance');
	});

test('the ledger names who confirmed, the audit trail both', async () => {
	someone = await person(at);

	const proposal = await propose(first, someone);
	const answer = await decide(second, proposal, 'confirm');
	const [transfer] = (await first.get(
		`/api/admin/users/${someone.id}/credits`)).json().transfers;
	const audit = await at.psql(`SELECT action, actor_id FROM audit
		WHERE target_id = '${someone.id}' AND action LIKE 'credit.%'`);

	is(answer.status, 200, 'the status');
	is(answer.json().proposal.transferId, transfer.id, 'the transfer');
	is(transfer.actorId, second.id, 'who made it');
	is(transfer.reason, 'A big customer', 'its reason');
	for (const [action, who] of [['credit.propose', first],
		['credit.approve', second], ['credit.grant', second]])
		ok(audit.some((row) => row.action === action &&
			row.actor_id === who.id), `no ${action}`);
});

test('nobody confirms what he has proposed, in whatever session', async () => {
	someone = await person(at);

	const proposal = await propose(first, someone);
	const again = await first.another();

	for (const who of [first, again])
		for (const verb of ['confirm', 'decline'])
			await refused(decide(who, proposal, verb), 403,
				'PROPOSAL_IS_YOURS');
	await refused(decide(second, proposal, 'withdraw'), 403,
		'PROPOSAL_NOT_YOURS');
	is((await decide(again, proposal, 'withdraw')).status, 200,
		'the status');
	await refused(decide(second, proposal, 'confirm'), 409,
		'PROPOSAL_DECIDED');
	is(await balance(someone), 0, 'the balance');
});

test('nobody confirms credits for himself', async () => {
	const proposal = await propose(first, second);

	await refused(decide(second, proposal, 'confirm'), 403,
		'CREDITS_WOULD_BE_YOURS');
	is((await decide(second, proposal, 'decline')).status, 200,
		'the status');
});

async function actAs(who, whom) {
	is((await who.json('/api/auth/admin/impersonate-user',
		{ userId: whom.id })).status, 200, 'the status');
}

test('acting as another is not being another', async () => {
	const chief = await person(at, 'super_admin');

	someone = await person(at);

	const proposal = await propose(chief, someone);

	await actAs(chief, second);
	for (const verb of ['confirm', 'decline', 'withdraw'])
		await refused(decide(chief, proposal, verb), 403,
			'FORBIDDEN');
	await refused(grant(chief, someone, MUCH), 403, 'FORBIDDEN');
	is(await balance(someone), 0, 'the balance');
});

test('a proposal falls with the power of who made it', async () => {
	for (const change of ["role = 'user'", "role = 'admin_ro'",
		'banned = true']) {
		const third = await person(at, 'admin_rw');

		someone = await person(at);

		const proposal = await propose(third, someone);

		await at.psql(`UPDATE users SET ${change}
			WHERE id = '${third.id}'`);
		await refused(decide(second, proposal, 'confirm'), 409,
			'PROPOSER_MAY_NOT');
		is((await decide(second, proposal, 'decline')).status, 200,
			'the status');
		is(await balance(someone), 0, 'the balance');
	}
});

test('a proposal of who is gone is declined, not confirmed', async () => {
	const third = await person(at, 'admin_rw');

	someone = await person(at);

	const proposal = await propose(third, someone);

	await at.psql(`DELETE FROM users WHERE id = '${third.id}'`);
	await refused(decide(second, proposal, 'confirm'), 409,
		'PROPOSER_MAY_NOT');
	is((await decide(second, proposal, 'decline')).status, 200,
		'the status');
});

test('credits for who is gone are declined, not confirmed', async () => {
	someone = await person(at);

	const proposal = await propose(first, someone);

	await at.psql(`DELETE FROM users WHERE id = '${someone.id}'`);
	await refused(decide(second, proposal, 'confirm'), 404,
		'USER_NOT_FOUND');
	is((await decide(second, proposal, 'decline')).status, 200,
		'the status');
	is((await first.get('/admin/approvals?state=declined')).status, 200,
		'the status of the page');
});

test('nobody confirms for somebody of more permissions', async () => {
	const chief = await person(at, 'super_admin');
	const proposal = await propose(chief, chief);

	await refused(decide(first, proposal, 'confirm'), 403, 'FORBIDDEN');
});

test('credits that expire do so as if they had been granted', async () => {
	const more = (fields) => first.send('POST', '/api/admin/credits/grant', {
		headers: { 'Content-Type': 'application/json',
			'Idempotency-Key': freshKey() },
		body: JSON.stringify({ userId: someone.id, amount: MUCH,
			reason: 'For a while', ...fields }) });

	someone = await person(at);
	await refused(more({ expiresAt: '2001-01-01' }), 400, 'EXPIRY_PASSED');

	const { proposal } = (await more({ expiresInDays: 30 })).json();

	matches((await second.get('/admin/approvals')).text,
		/The credits last 30 days/, 'the page');

	const { transfer } = (await decide(second, proposal, 'confirm')).json();

	is(Math.round((new Date(transfer.expiresAt) -
		new Date(transfer.createdAt)) / 86400000), 30, 'the days');
});

test('what organizations get waits, too', async () => {
	const id = `org-${process.pid}`;
	const answer = await first.json('/api/admin/credits/grant', {
		organizationId: id, amount: MUCH, reason: 'A big one',
		key: freshKey() });

	await at.psql(`INSERT INTO wallets (id, kind, balance)
		VALUES ('${id}', 'organization', 0)`);
	is(answer.status, 202, 'the status');
	is((await decide(second, answer.json().proposal, 'confirm')).json()
		.transfer?.balance, MUCH, 'the balance');
	is((await first.get('/admin/approvals?state=approved')).status, 200,
		'the status of the page');
});

test('a correction upwards waits, one downwards does not', async () => {
	someone = await person(at);

	const proposal = await propose(first, someone, { kind: 'adjust' });

	is(proposal.kind, 'adjust', 'the kind');
	is((await decide(second, proposal, 'confirm')).status, 200,
		'the status');
	is(await balance(someone), MUCH, 'the balance');
	is((await grant(first, someone, -MUCH, { kind: 'adjust' })).status, 200,
		'the status downwards');
	is(await balance(someone), 0, 'the balance after');
});

test('the same key proposes once, and never grants twice', async () => {
	someone = await person(at);

	const key = freshKey();
	const made = await Promise.all([first, second, first, second].map(
		(who) => propose(who, someone, { key })));

	is(new Set(made.map(({ id }) => id)).size, 1, 'the number');
	await refused(grant(first, someone, MUCH + 1, { key }), 409,
		'IDEMPOTENCY_KEY_REUSED');

	const other = made[0].proposedBy === first.id ? second : first;

	is((await decide(other, made[0], 'confirm')).status, 200, 'the status');
	is((await propose(first, someone, { key })).state, 'approved',
		'the state');
	is(await balance(someone), MUCH, 'the balance');
});

test('a key of the ledger is answered by the ledger', async () => {
	someone = await person(at);

	const key = freshKey();

	is((await grant(first, someone, 10, { key })).status, 200, 'the status');
	await refused(grant(first, someone, MUCH, { key }), 409,
		'IDEMPOTENCY_KEY_REUSED');
});

test('two who confirm at once grant once', async () => {
	const third = await person(at, 'admin_rw');

	someone = await person(at);

	const proposal = await propose(first, someone);
	const answers = await times(20, (i) =>
		decide(i % 2 === 0 ? second : third, proposal, 'confirm'));
	const seen = answers.map(({ status }) => status);

	/* who has confirmed it is told so each time */
	is(seen.filter((status) => status === 200).length, 10, 'how many did');
	is(seen.filter((status) => status === 409).length, 10,
		'how many were too late');
	is(await balance(someone), MUCH, 'the balance');
	is((await at.psql(`SELECT id FROM audit WHERE action = 'credit.approve'
		AND target_id = '${someone.id}'`)).length, 1,
	'the number of audit rows');
});

test('one of yes, no and never mind at once counts', async () => {
	someone = await person(at);

	const proposal = await propose(first, someone);
	const verbs = ['confirm', 'decline', 'withdraw'];

	await times(18, (i) => decide(i % 3 === 2 ? first : second, proposal,
		verbs[i % 3]));

	const state = await stateOf(proposal);

	is(await balance(someone), state === 'approved' ? MUCH : 0,
		'the balance');
	ok(state !== 'open', 'nothing was decided');
});

test('what nobody confirms lapses', async () => {
	someone = await person(at);

	const proposal = await propose(first, someone);

	await at.psql(`UPDATE credit_proposals SET lapses_at = now(),
		created_at = now() - interval '7 days'
		WHERE id = '${proposal.id}'`);
	is(await stateOf(proposal), 'lapsed', 'the state');
	await refused(decide(second, proposal, 'confirm'), 409,
		'PROPOSAL_LAPSED');
	ok((await second.get(`${PROPOSALS}?state=lapsed`)).json().proposals
		.some(({ id }) => id === proposal.id), 'it is not listed');
	matches((await second.get('/admin/approvals?state=lapsed')).text,
		/Lapsed/, 'the page');
});

test('what was refused is said on the page', async () => {
	someone = await person(at);

	const { id } = await propose(first, someone);
	const answer = await first.post(`/admin/approvals/${id}/confirm`);

	is(answer.status, 403, 'the status');
	matches(answer.text, /Another administrator must decide/, 'the page');
	is((await second.post('/admin/approvals/none/confirm')).status, 404,
		'the status of none');
});

test('the list is also a file', async () => {
	const file = await first.get('/admin/approvals.csv?state=approved');

	is(file.status, 200, 'the status');
	matches(file.text, /A big customer,approved/, 'the file');
});

test('without a limit there is nothing of it', async () => {
	const admin = await person(off, 'admin_rw'), whom = await person(off);

	is((await grant(admin, whom, 1000000000)).status, 200, 'the status');
	for (const path of ['/admin/approvals', PROPOSALS])
		is((await admin.get(path)).status, 404, `the status of ${path}`);
	ok(!(await admin.get('/admin')).text.includes('/admin/approvals'),
		'the menu has it');
	is((await new Person(off).get('/admin/approvals')).status, 404,
		'the status for nobody');
});
