/*
 * The audit trail as administrators search it: page, JSON and what opens it.
 */
import { after, before, is, matches, ok, person, stand, test }
	from './suite.mjs';

let at, admin, subject;

before(async () => {
	at = await stand({ name: 'audit' });
	[admin, subject] = await Promise.all([person(at, 'admin_rw'),
		person(at)]);
	for (const deed of ['ban', 'unban'])
		is((await admin.post(`/admin/users/${subject.id}/${deed}`,
			{ reason: 'Because' })).status, 303, deed);
	await at.psql(`INSERT INTO audit (id, action, target_type, target_id,
		created_at) SELECT 'old' || n, 'letter.drop', 'letter',
		'letter' || n % 2, '2020-02-03Z'::timestamptz
		+ n * interval '1 min' FROM generate_series(1, 120) n`);
});
after(async () => is((await at.stop()).code, 0, 'the exit status'));

async function search(query) {
	const response = await admin.get('/api/admin/audit?' +
		new URLSearchParams(query));

	is(response.status, 200, `the status (${response.text})`);
	return response.json();
}

const actions = ({ audit }) => audit.map(({ action }) => action).join();

test('entries are found by whom they are about', async () => {
	for (const target of [subject.id, subject.email,
		subject.email.toUpperCase()])
		is(actions(await search({ target, actor: admin.id })),
			'user.unban,user.ban', target);
	is((await search({ target: 'letter1', limit: 100 })).audit.length, 60,
		'of a letter');
});

test('entries are found by who did it', async () => {
	for (const actor of [admin.id, admin.email])
		is(actions(await search({ actor, action: 'user.ban' })),
			'user.ban', actor);

	const { audit } = await search({ actor: 'system', to: '2020-12-31',
		limit: 100 });

	is(audit.length, 100, 'of the system');
	ok(audit.every(({ actorId }) => actorId === null), 'somebody did it');
});

test('entries are found by what was done and when', async () => {
	const query = { action: 'letter.drop', from: '2020-02-03',
		to: '2020-02-03' };
	const { audit } = await search(query);

	is(audit.length, 50, 'a page');
	is((await search({ ...query, to: '2020-02-02', from: '' })).audit.length,
		0, 'the day before');
	is((await search({ ...query, from: '2020-02-04', to: '' })).audit.length,
		0, 'the day after');
	is((await admin.get('/api/admin/audit?from=soon')).status, 400,
		'the status of a wrong day');
});

test('pages of the list neither repeat nor leave out', async () => {
	const seen = new Set();

	for (let cursor = '', pages = 0; cursor !== null; pages++) {
		const { audit, next } = await search({ action: 'letter.drop',
			limit: 50, cursor });

		for (const { id } of audit)
			seen.add(id);
		is(audit.length, pages === 2 ? 20 : 50, 'a page');
		cursor = next;
	}
	is(seen.size, 120, 'the number of entries');
});

test('the page says it in words and links to whom it is about', async () => {
	const { text } = await admin.get(`/admin/audit?target=${subject.email}`);

	matches(text, new RegExp(`href="/admin/users/${subject.id}"`),
		'the page');
	matches(text, /user\.unban/, 'the page');
	matches((await admin.get('/admin/audit?from=soon')).text,
		/Write the date like/, 'the page of a wrong day');
});
