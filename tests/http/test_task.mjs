/*
 * The demonstration: tasks of the caller, by session or by token, and nobody
 * else's.
 */
import { Person, after, before, is, ok, person, request, secret, stand, test }
	from './suite.mjs';

let at, off;

before(async () => {
	[at, off] = await Promise.all([
		stand({ name: 'task', config: { 'tasks.enabled': true,
			'jwt.enabled': true, 'jwt.algorithm': 'EdDSA' } }),
		stand({ name: 'notask' })]);
});
after(async () => {
	is((await at.stop()).code, 0, 'the exit status');
	is((await off.stop()).code, 0, 'the exit status');
});

const by = {
	session: async (who) => (method, path, body) => who.send(method, path, {
		headers: { 'Content-Type': 'application/json' },
		body: body === undefined ? null : JSON.stringify(body) }),
	token: async (who) => {
		const { token } = (await who.get('/api/auth/token')).json();

		secret(token);
		return (method, path, body) => request(at.url, { method, path,
			headers: { 'Content-Type': 'application/json',
				Authorization: `Bearer ${token}` },
			body: body === undefined ? null : JSON.stringify(body) });
	},
};

for (const [how, caller] of Object.entries(by)) {
	test(`by ${how}: a task lives from POST to DELETE`, async () => {
		const who = await person(at);
		const send = await caller(who);
		const path = `/api/${who.id}/tasks`;
		const made = await send('POST', path,
			{ title: 'Buy milk', description: null });
		const task = made.json();

		is(made.status, 200, 'the status');
		is(task.completed, false, 'completed');
		is((await send('GET', path)).json().tasks[0].id, task.id,
			'the listed task');
		is((await send('PUT', `${path}/${task.id}`, { title: 'Buy oats',
			completed: true })).json().title, 'Buy oats', 'the title');
		is((await send('GET', `${path}/${task.id}`)).json().completed,
			true, 'completed');
		is((await send('DELETE', `${path}/${task.id}`)).status, 200,
			'the status of DELETE');

		const gone = await send('GET', `${path}/${task.id}`);

		is(gone.status, 404, 'the status after that');
		is(gone.json().code, 'TASK_NOT_FOUND', 'the code');
	});

	test(`by ${how}: another's path is 403, whatever is behind it`,
		async () => {
			const [who, other] = [await person(at), await person(at)];
			const send = await caller(who);
			const theirs = await by.session(other);
			const task = (await theirs('POST', `/api/${other.id}/tasks`,
				{ title: 'Theirs' })).json();
			const body = { title: 'Mine now' };

			for (const [method, path, sent] of [
				['GET', `/api/${other.id}/tasks`],
				['POST', `/api/${other.id}/tasks`, body],
				['GET', `/api/${other.id}/tasks/${task.id}`],
				['PUT', `/api/${other.id}/tasks/${task.id}`, body],
				['DELETE', `/api/${other.id}/tasks/${task.id}`],
				['GET', '/api/nobody/tasks']])
				is((await send(method, path, sent)).status, 403,
					`the status of ${method} ${path}`);
			/* the path is his, the task is not */
			is((await send('GET', `/api/${who.id}/tasks/${task.id}`))
				.status, 404, 'the status');
			is((await theirs('GET', `/api/${other.id}/tasks/${task.id}`))
				.json().title, 'Theirs', 'the title');
		});
}

test('nobody gets 401, in the words for tokens', async () => {
	const path = `/api/${(await person(at)).id}/tasks`;

	for (const headers of [{}, { Authorization: 'Bearer a.b.c' }]) {
		const response = await request(at.url, { path, headers });

		is(response.status, 401, 'the status');
		is(response.json().message, 'Invalid token', 'the message');
	}
});

test('an admin has tasks of his own only', async () => {
	const [admin, other] = [await person(at, 'super_admin'),
		await person(at)];

	is((await admin.get(`/api/${other.id}/tasks`)).status, 403,
		'the status');
});

test('with a cookie, a foreign site adds nothing', async () => {
	const who = await person(at);
	const response = await request(at.url, { method: 'POST',
		path: `/api/${who.id}/tasks`, headers: {
			'Content-Type': 'application/json',
			Origin: 'https://evil.example',
			Cookie: who.jar.header('/') ?? '' },
		body: JSON.stringify({ title: 'Evil' }) });

	ok([401, 403].includes(response.status), `it is ${response.status}`);
	is((await who.get(`/api/${who.id}/tasks`)).json().tasks.length, 0,
		'the number of tasks');
});

test('titles and flags are checked', async () => {
	const who = await person(at);
	const send = await by.session(who);

	for (const body of [{}, { title: '' }, { title: 1 },
		{ title: 'x'.repeat(201) }, { title: 'x', completed: 'yes' },
		{ title: 'x', description: 'x'.repeat(2001) }, []])
		is((await send('POST', `/api/${who.id}/tasks`, body)).status, 400,
			JSON.stringify(body).slice(0, 40));
});

test('without the setting there are no tasks', async () => {
	const who = await person(off);

	is((await who.get(`/api/${who.id}/tasks`)).status, 404, 'the status');
	is((await new Person(at).get('/api/auth/tasks')).status, 404,
		'the status below the base path');
});
