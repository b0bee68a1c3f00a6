/*
 * Feedback: written by users, read and answered by administrators, who are
 * the only ones to see whose it is.
 */
import { after, before, is, lettersTo, matches, ok, person, stand, test }
	from './suite.mjs';

let at, off, admin, reader;

before(async () => {
	[at, off] = await Promise.all([
		stand({ name: 'feedback', config: { 'feedback.enabled': true } }),
		stand({ name: 'nofeedback' })]);
	admin = await person(at, 'admin_rw');
	reader = await person(at, 'admin_ro');
});
after(async () => {
	is((await at.stop()).code, 0, 'the exit status');
	is((await off.stop()).code, 0, 'the exit status');
});

const note = { rating: 2, subject: 'The door', text: 'It sticks.\nMend it.' };
const ADMIN = '/api/admin/feedback';

async function write(who, more) {
	const response = await who.json('/api/feedback', { ...note, ...more });

	is(response.status, 200, `the status (${response.text})`);
	return response.json().feedback;
}

const own = async (who) => (await who.get('/api/feedback')).json().feedbacks;

test('a feedback is answered, and the user learns of it', async () => {
	const who = await person(at);
	const { id, state } = await write(who);

	is(state, 'open', 'the state');

	const response = await admin.json(`${ADMIN}/${id}/answer`,
		{ text: 'We did.\n\nAnd oiled it.' });

	is(response.status, 200, 'the status');
	is(response.json().feedback.state, 'answered', 'the state');
	is(response.json().feedback.answeredBy, admin.id, 'by whom');

	const [feedback] = await own(who);

	is(feedback.answer, 'We did.\n\nAnd oiled it.', 'the answer');
	ok(!('answeredBy' in feedback), 'the user learns which admin it was');
	matches((await who.get('/account/feedback')).text, /And oiled it\./,
		'the page');
});

test('the letter quotes a verified user only', async () => {
	const [known, stranger] = [await person(at), await person(at)];

	await at.psql(`UPDATE users SET email_verified = true
		WHERE id = '${known.id}'`);
	for (const [who, quoted] of [[known, true], [stranger, false]]) {
		const { id } = await write(who, { subject: 'https://spam.example' });

		await admin.json(`${ADMIN}/${id}/answer`,
			{ text: 'First line\nsecond line' });

		const [letter] = await lettersTo(at, who.email,
			'feedback-answer');

		is(letter.text.includes('spam.example'), quoted, 'a quotation');
		is(letter.html.includes('spam.example'), quoted, 'a quotation');
		matches(letter.text, /\n {4}First line\n {4}second line\n/,
			'the letter');
		matches(letter.text, /\/account\/feedback\n/, 'the letter');
	}
});

test('a refused answer writes no letter and changes nothing', async () => {
	const who = await person(at);
	const { id } = await write(who);

	await admin.json(`${ADMIN}/${id}/close`, {});

	const refused = await admin.json(`${ADMIN}/${id}/answer`,
		{ text: 'Too late.' });

	is(refused.status, 409, 'the status');
	is((await lettersTo(at, who.email, 'feedback-answer')).length, 0,
		'the letters');
	is((await own(who))[0].answer, null, 'the answer');
	is((await admin.json(`${ADMIN}/${id}/reopen`, {})).json().feedback
		.state, 'open', 'the state');
	is((await admin.json(`${ADMIN}/${id}/answer`, { text: 'In time.' }))
		.status, 200, 'the status');
	is((await admin.json(`${ADMIN}/none/answer`, { text: 'No.' })).json()
		.code, 'FEEDBACK_NOT_FOUND', 'the code');
});

test('what is no feedback is refused in words', async () => {
	const who = await person(at);

	for (const more of [{ rating: 0 }, { rating: 6 }, { rating: 'good' },
		{ subject: '' }, { subject: 'x'.repeat(121) }, { text: '' },
		{ text: 'x'.repeat(4001) }])
		is((await who.json('/api/feedback', { ...note, ...more })).status,
			400, JSON.stringify(more).slice(0, 40));

	const page = await who.post('/account/feedback', { ...note, rating: '4',
		text: '' });

	is(page.status, 400, 'the status');
	matches(page.text, /value="The door"/, 'the page');
	matches(page.text, /<option value="4" selected>/, 'the page');
	is((await own(who)).length, 0, 'the feedbacks');
});

test('a user sees his own only', async () => {
	const [one, other] = [await person(at), await person(at)];
	const { id } = await write(one);

	is((await own(other)).length, 0, 'the number');
	is((await other.get(`${ADMIN}/${id}`)).status, 403, 'the status');
	is((await reader.json(`${ADMIN}/${id}/close`, {})).status, 403,
		'the status');
});

test('the list is searched, filtered and paged', async () => {
	const who = await person(at);
	const list = async (query) => (await reader.get(
		`${ADMIN}?${query}`)).json();

	for (const rating of [1, 3, 5])
		await write(who, { rating, subject: `Gate ${who.id}` });
	is((await list(`q=gate+${who.id}`)).feedbacks.length, 3, 'the number');
	is((await list(`q=${who.email}&rating=5&state=open`)).feedbacks.length,
		1, 'the number');
	is((await list(`q=${who.id}&state=closed`)).feedbacks.length, 0,
		'the number');
	is((await reader.get(`${ADMIN}?rating=9`)).status, 400, 'the status');

	const first = await list(`q=${who.id}&limit=2`);
	const rest = await list(`q=${who.id}&limit=2&cursor=${first.next}`);

	is(first.feedbacks[0].rating, 5, 'the newest');
	is(rest.feedbacks[0].rating, 1, 'the oldest');
	is(rest.next, null, 'the next page');

	const page = await reader.get(`/admin/feedback?q=${who.id}&rating=3`);

	matches(page.text, /3, fair/, 'the page');
	matches((await reader.get(`/admin/feedback.csv?q=${who.id}`)).text,
		/It sticks\.\nMend it\./, 'the file');
});

test('the overview tells what waits for an answer', async () => {
	await write(await person(at));
	matches((await reader.get('/admin')).text, /Open feedback/, 'the page');
});

test('without the setting there is no feedback', async () => {
	const who = await person(off, 'admin_rw');

	for (const path of ['/account/feedback', '/api/feedback',
		'/admin/feedback', ADMIN])
		is((await who.get(path)).status, 404, path);
	for (const path of ['/account', '/admin'])
		ok(!(await who.get(path)).text.includes('eedback'), path);
});
