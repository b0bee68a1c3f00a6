/*
 * Reservations: asked for by users against held credits, confirmed by
 * administrators to one at a time.
 */
import { after, before, eventually, is, lettersTo, matches, ok, person, stand,
	test, times } from './suite.mjs';

const HOUR = 3600000;
const ADMIN = '/api/admin/reservations';
const RIVALS = 50;
let at, off, admin, reader, serial = 0;

before(async () => {
	[at, off] = await Promise.all([
		stand({ name: 'reservation', config: {
			'reservations.enabled': true } }),
		stand({ name: 'noreservation' })]);
	admin = await person(at, 'admin_rw');
	reader = await person(at, 'admin_ro');
});
after(async () => {
	is((await at.stop()).code, 0, 'the exit status');
	is((await off.stop()).code, 0, 'the exit status');
});

/* ---- what tests ask for ----------------------------------------------------- */

async function makeItem(more) {
	const response = await admin.json('/api/admin/items', {
		name: `Room ${++serial}`, price: 10, unit: 'hour', ...more });

	is(response.status, 200, `the status (${response.text})`);
	return response.json().item;
}

async function payer(amount = 100) {
	const who = await person(at);

	is((await admin.json('/api/admin/credits/grant', { userId: who.id, amount,
		reason: 'To spend', key: 'fund' })).status, 200, 'the status');
	return who;
}

const hours = (from, length = 1, now = Date.now()) => ({
	from: new Date(now + from * HOUR).toISOString(),
	to: new Date(now + (from + length) * HOUR).toISOString() });
const ask = (who, item, span) => who.json('/api/reservations',
	{ itemId: item.id, ...span });

async function request(who, item, span) {
	const response = await ask(who, item, span);

	is(response.status, 200, `the status (${response.text})`);
	return response.json().reservation;
}

const balance = async (who) => (await who.get('/api/me')).json().balance ??
	(await who.get('/api/me')).json().user.balance;
const confirm = ({ id }) => admin.json(`${ADMIN}/${id}/confirm`, {});
const cancel = ({ id }, more = {}) => admin.json(`${ADMIN}/${id}/cancel`,
	more);
const busy = async (who, item) => (await who.get(
	`/api/items/${item.id}/busy`)).json().busy;

/* It has begun, as if time had passed. */
async function begin({ id }) {
	await at.psql(`UPDATE reservations SET starts_at = now() - '1 s'::interval,
		created_at = now() - '1 h'::interval WHERE id = '${id}'`);
}

/* ---- promises --------------------------------------------------------------- */

test('a confirmed reservation costs what was held', async () => {
	const [who, item] = [await payer(), await makeItem()];
	const reservation = await request(who, item, hours(30, 2));

	is(reservation.state, 'requested', 'the state');
	is(reservation.credits, 20, 'the credits');
	is(await balance(who), 80, 'the balance');
	is((await busy(who, item)).length, 0, 'the number of spans');

	const confirmed = await confirm(reservation);

	is(confirmed.status, 200, 'the status');
	is(confirmed.json().reservation.state, 'confirmed', 'the state');
	is(await balance(who), 80, 'the balance');
	is(JSON.stringify((await busy(who, item)).map(({ startsAt }) =>
		startsAt)), JSON.stringify([reservation.startsAt]), 'the spans');
	is((await confirm(reservation)).status, 200, 'the status of again');
	is((await lettersTo(at, who.email, 'reservation-confirmed')).length, 1,
		'the number of letters');
});

test('cancelling gives the credits back, confirmed or not', async () => {
	const [who, item] = [await payer(), await makeItem()];
	const [held, spent] = [await request(who, item, hours(30)),
		await request(who, item, hours(40))];

	await confirm(spent);
	is(await balance(who), 80, 'the balance');
	is((await cancel(held, { reason: 'Under repair' })).json().reservation
		.reason, 'Under repair', 'the reason');

	const own = await who.json(`/api/reservations/${spent.id}/cancel`, {});

	is(own.json().reservation.state, 'cancelled', 'the state');
	is(await balance(who), 100, 'the balance');
	is((await busy(who, item)).length, 0, 'the number of spans');

	const letters = await lettersTo(at, who.email, 'reservation-cancelled');

	is(letters.length, 2, 'the number of letters');
	matches(letters[0].text, /\n {4}Under repair\n/, 'the letter');
});

test('of fifty that overlap one is confirmed, and the ledger is clean',
	async () => {
		const item = await makeItem();
		const rivals = await times(RIVALS, () => payer());
		const asked = await times(RIVALS, (i) => request(rivals[i], item,
			hours(30 + i % 5, 6)));
		const answers = await times(RIVALS, (i) => confirm(asked[i]));
		const lost = answers.filter(({ status }) => status === 409);

		is(answers.filter(({ status }) => status === 200).length, 1,
			'the number that won');
		is(lost.length, RIVALS - 1, 'the number that lost');
		ok(lost.every((answer) => answer.json().code === 'ITEM_TAKEN'),
			'another code');
		for (const who of rivals)
			is(await balance(who), 40, 'the balance');
		is((await busy(reader, item)).length, 1, 'the number of spans');
		await at.tollgate(['ledger', 'verify']);
	});

test('the one that loses keeps its hold, and may win later', async () => {
	const [one, other, item] = [await payer(), await payer(),
		await makeItem()];
	const [first, second] = [await request(one, item, hours(30, 4)),
		await request(other, item, hours(32, 4))];

	await confirm(first);
	is((await confirm(second)).json().code, 'ITEM_TAKEN', 'the code');
	is((await lettersTo(at, other.email, 'reservation-confirmed')).length,
		0, 'the number of letters');
	is((await ask(other, item, hours(33))).json().code, 'ITEM_TAKEN',
		'the code of a late request');
	await cancel(first);
	is((await confirm(second)).json().reservation.state, 'confirmed',
		'the state');
	is(await balance(other), 60, 'the balance');
});

test('a request that has begun is lapsed, and its credits come back',
	async () => {
		const [who, item] = [await payer(), await makeItem()];
		const soon = await request(who, item, hours(30));

		await begin(soon);
		is((await reader.get(`${ADMIN}/${soon.id}`)).json().reservation
			.state, 'lapsed', 'the state');
		is((await confirm(soon)).json().code, 'RESERVATION_LAPSED',
			'the code');
		is((await cancel(soon)).json().code, 'RESERVATION_LAPSED',
			'the code');
		is((await who.json(`/api/reservations/${soon.id}/cancel`, {}))
			.json().code, 'RESERVATION_LAPSED', 'the code');
	});

test('a hold expires with the beginning of its reservation', async () => {
	const [who, item] = [await payer(), await makeItem()];
	const soon = await request(who, item, hours(6 / 3600));

	is(await balance(who), 90, 'the balance');
	await eventually('the credits come back', async () =>
		await balance(who) === 100, 60000);
	is((await confirm(soon)).json().code, 'RESERVATION_LAPSED', 'the code');
});

test('a user cancels a confirmed one only in time', async () => {
	const [who, stranger, item] = [await payer(), await person(at),
		await makeItem()];
	const soon = await request(who, item, hours(3));
	const path = `/api/reservations/${soon.id}/cancel`;

	ok(soon.cancellable, 'not cancellable');
	await confirm(soon);

	const late = await who.json(path, {});

	is(late.status, 409, 'the status');
	is(late.json().code, 'TOO_LATE_TO_CANCEL', 'the code');
	is((await stranger.json(path, {})).status, 404, 'of a stranger');
	is(await balance(who), 90, 'the balance');
	is((await cancel(soon)).status, 200, 'of an admin');
	is(await balance(who), 100, 'the balance');
});

test('what is no request is refused in words', async () => {
	const [who, item] = [await payer(), await makeItem()];

	for (const [span, field] of [[hours(-1), 'from'], [hours(9000), 'from'],
		[hours(30, -1), 'to'], [hours(30, 745), 'to'],
		[{ ...hours(30), from: 'soon' }, 'from'],
		[{ ...hours(30), to: '2026-02-30T10:00:00.000Z' }, 'to']]) {
		const response = await ask(who, item, span);

		is(response.status, 400, JSON.stringify(span));
		matches(response.json().message, new RegExp(`body\\.${field}`));
	}
	is((await ask(who, { id: 'none' }, hours(30))).json().code,
		'ITEM_NOT_FOUND', 'the code');
	is((await ask(who, item, hours(30, 11))).json().code,
		'INSUFFICIENT_CREDITS', 'the code');
	await request(who, item, { from: '2027-01-05T10:00Z',
		to: '2027-01-05T11:00Z' });
	is((await ask(who, item, { from: '2027-01-05T10:00Z',
		to: '2027-01-05T11:00Z' })).json().code, 'RESERVATION_EXISTS',
	'the code');
});

test('people reserve and cancel on a page', async () => {
	const [who, item] = [await payer(), await makeItem()];
	const path = '/account/reservations';
	const day = new Date(Date.now() + 48 * HOUR).toISOString().slice(0, 10);
	const taken = await request(await payer(), item, { from: `${day}T08:00Z`,
		to: `${day}T09:00Z` });

	await confirm(taken);
	matches((await who.get(`${path}?item=${item.id}&day=${day}`)).text,
		/Taken at these times[^]*08:00<\/time> to /, 'the page');

	const refused = await who.post(path, { itemId: item.id,
		from: `${day}T08:30`, to: `${day}T10:00` });

	is(refused.status, 409, 'the status');
	matches(refused.text, /Taken at these times/, 'the page');
	matches(refused.text, new RegExp(`value="${day}T08:30"`), 'the page');
	is((await who.post(path, { itemId: item.id, from: `${day}T09:00`,
		to: `${day}T10:00` })).status, 303, 'the status');

	const [{ id }] = (await who.get('/api/reservations')).json()
		.reservations;

	is((await who.post(`${path}/${id}/cancel`)).status, 303, 'the status');
	matches((await who.get(path)).text, /Cancelled/, 'the page');
});

test('items are made, changed and retired by who may', async () => {
	const { id, name } = await makeItem();
	const body = { name: `${name} B`, price: 20, unit: 'reservation',
		description: 'With a view', active: false };

	is((await reader.json('/api/admin/items', body)).status, 403,
		'the status');
	is((await admin.json('/api/admin/items', { ...body,
		name: name.toUpperCase() })).json().code, 'ITEM_NAME_TAKEN',
	'the code');

	const changed = await admin.send('PUT', `/api/admin/items/${id}`, {
		headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify(body) });

	is(changed.json().item.active, false, 'active');
	ok(!(await reader.get('/api/items')).json().items.some(
		(item) => item.id === id), 'it is offered');
	is((await admin.post(`/admin/items/${id}`, { ...body, active: 'on' }))
		.status, 303, 'the status');
	ok((await reader.get('/api/items')).json().items.some(
		(item) => item.id === id), 'it is not offered');
	is((await admin.post('/admin/items', { name: '', price: 'much',
		unit: 'hour' })).status, 400, 'the status');
});

test('the list is searched, filtered and paged', async () => {
	const [who, item] = [await payer(), await makeItem()];
	const list = async (query) => (await reader.get(
		`${ADMIN}?${query}`)).json().reservations;
	const one = await request(who, item, { from: '2027-02-01T10:00Z',
		to: '2027-02-01T11:00Z' });

	await request(who, item, { from: '2027-02-03T10:00Z',
		to: '2027-02-03T11:00Z' });
	await confirm(one);
	is((await list(`q=${who.email}`)).length, 2, 'the number');
	is((await list(`item=${item.id}&state=confirmed`)).length, 1,
		'the number');
	is((await list(`item=${item.id}&from=2027-02-02&to=2027-02-03`)).length,
		1, 'the number');
	is((await reader.get(`${ADMIN}?from=soon`)).status, 400, 'the status');
	is((await reader.get('/admin/reservations?from=soon')).status, 400,
		'the status of the page');

	const first = (await reader.get(`${ADMIN}?q=${who.id}&limit=1`)).json();

	is((await list(`q=${who.id}&limit=1&cursor=${first.next}`))[0].id,
		one.id, 'the next one');
	matches((await reader.get(`/admin/reservations.csv?q=${who.id}`)).text,
		/,confirmed,/, 'the file');
});

test('without the setting there are no reservations', async () => {
	const who = await person(off, 'admin_rw');

	for (const path of ['/account/reservations', '/api/reservations',
		'/api/items', '/admin/reservations', '/admin/items', ADMIN])
		is((await who.get(path)).status, 404, path);
});
