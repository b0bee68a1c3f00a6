/*
 * Mail as administrators see it: the queue, what may be done to a letter, and
 * who may read one.
 */
import { after, before, is, matches, ok, person, stand, test }
	from './suite.mjs';

const SMTP = { 'mail.smtp_url': 'smtp://127.0.0.1:1' };	/* nobody is there */

let kept, sending;
const of = {};

before(async () => {
	kept = await stand({ name: 'kept' });
	sending = await stand({ name: 'sending', config: SMTP });
	for (const role of ['admin_ro', 'admin_rw', 'super_admin'])
		of[role] = await person(kept, role);
});
after(async () => {
	is((await kept.stop()).code, 0, 'the exit status');
	is((await sending.stop()).code, 0, 'the exit status');
});

async function letter(at = kept) {
	return (await at.writeLetters(['ada@example.com']))[0];
}

async function api(who, path, method = 'GET') {
	const answer = method === 'GET' ? await who.get(`/api/admin/mail${path}`) :
		await who.json(`/api/admin/mail${path}`, {}, method);

	return { status: answer.status, ...answer.json() };
}

async function acts(action, id) {
	return (await kept.psql(`SELECT actor_id FROM audit
		WHERE action = '${action}' AND target_id = '${id}'`))
		.map(({ actor_id: actor }) => actor);
}

test('the queue shows what waits, and nothing of what is in it', async () => {
	const id = await letter();
	const answer = await api(of.admin_ro, '?state=queued');
	const shown = answer.letters.find((one) => one.id === id);

	is(shown.recipient, 'ada@example.com', 'the recipient');
	is(shown.kind, 'reset-password', 'the kind');
	is(shown.state, 'queued', 'the state');
	is(shown.attempts, 0, 'attempts');
	ok(!('body' in shown), 'the body is shown');
	ok(!JSON.stringify(answer).includes('https://id.example.com'),
		'a link is shown');
});

test('the queue is paged and filtered', async () => {
	const ids = await kept.writeLetters(['a@example.com', 'b@example.com',
		'c@example.com']);

	await of.admin_rw.json(`/api/admin/mail/${ids[0]}/drop`, {});
	const dropped = await api(of.admin_ro, '?state=dropped&limit=1');

	is(dropped.letters[0].id, ids[0], 'the dropped letter');
	const first = await api(of.admin_ro, '?state=queued&limit=1');
	const second = await api(of.admin_ro,
		`?state=queued&limit=1&cursor=${first.next}`);

	ok(first.letters[0].id !== second.letters[0].id, 'a page twice');
	is((await api(of.admin_ro, '?state=lost')).status, 400, 'the status');
});

test('a dropped letter is gone for good, and says who dropped it', async () => {
	const id = await letter();

	is((await api(of.admin_rw, `/${id}/drop`, 'POST')).success, true);
	is((await api(of.admin_ro, `/${id}`)).letter.state, 'dropped');
	is((await acts('letter.drop', id)).join(), of.admin_rw.id, 'who');
	is((await api(of.admin_rw, `/${id}/drop`, 'POST')).status, 409);
	is((await api(of.admin_rw, `/${id}/resend`, 'POST')).status, 409);
	is((await api(of.super_admin, `/${id}/body`)).status, 404);
	is((await kept.psql(`SELECT body FROM letters
		WHERE id = '${id}'`))[0].body, null, 'its body');
});

test('a letter that failed is sent again when an admin says so', async () => {
	const id = await letter();

	await kept.psql(`UPDATE letters SET state = 'failed', attempts = 9,
		error = '550 no', next_at = NULL WHERE id = '${id}'`);
	is((await api(of.admin_rw, `/${id}/resend`, 'POST')).success, true);
	const { letter: now } = await api(of.admin_ro, `/${id}`);

	is(now.state, 'queued', 'the state');
	is(now.attempts, 0, 'attempts');
	is(now.error, null, 'the error');
	is((await acts('letter.resend', id)).join(), of.admin_rw.id, 'who');
});

test('without a mail server a super admin reads a letter, and it is noted',
	async () => {
		const id = await letter();
		const page = await of.super_admin.get(`/admin/mail/${id}/body`);

		is(page.status, 200, 'the status');
		matches(page.text, /follow https:\/\/id\.example\.com\/\?a=b/);
		matches(page.text, /href="https:\/\/id\.example\.com\/\?a=b"/);
		is((await acts('letter.read', id)).join(), of.super_admin.id);
		is((await api(of.super_admin, `/${id}/body`)).body.url,
			'https://id.example.com/?a=b', 'the link');
		is((await api(of.admin_rw, `/${id}/body`)).status, 403);
		is((await acts('letter.read', id)).length, 2, 'readings');
	});

test('with a mail server nobody reads letters', async () => {
	const admin = await person(sending, 'super_admin');
	const id = await letter(sending);

	is((await api(admin, `/${id}/body`)).status, 403, 'the status');
	is((await admin.get(`/admin/mail/${id}/body`)).status, 403, 'the page');
	ok(!(await admin.get(`/admin/mail/${id}`)).text.includes('/body"'),
		'the page offers it');
});

test('a page offers what its reader may do', async () => {
	const id = await letter();
	const page = async (who) => (await who.get(`/admin/mail/${id}`)).text;

	ok(!(await page(of.admin_ro)).includes('/drop"'), 'admin_ro: drop');
	ok((await page(of.admin_rw)).includes('/drop"'), 'admin_rw: drop');
	ok(!(await page(of.admin_rw)).includes('/body"'), 'admin_rw: read');
	ok((await page(of.super_admin)).includes('/body"'),
		'super_admin: read');
});
