/*
 * A mail server that can be as bad as real ones: node server.mjs OPTIONS
 *
 * OPTIONS is JSON:
 * port        0 for any; the first line of output says which
 * key, cert   files; none: no STARTTLS. secure: TLS from the first byte
 * user, password   who may send; none: anybody
 * failEvery   every nth message is refused for now, by turns at MAIL, at RCPT
 *             and when it has been sent
 * store       file that gets a line of JSON for each message taken, before the
 *             sender hears of it: what is in there has been delivered
 * holdAt      of the messages taken so far, those at which the acknowledgement
 *             waits; "held" is printed, and whoever reads it may kill
 * dieAt       the same, but this server kills itself instead
 *
 * Recipients that begin with "refused" are refused for good.
 */
import fs from 'node:fs';
import { SMTPServer } from 'smtp-server';

const HOLD_MS = 1500;
const STAGES = ['DATA', 'MAIL', 'RCPT'];
const options = JSON.parse(process.argv[2]);
let taken = linesOf(options.store).length, asked = 0, stage = null;

function say(event, more = {}) {
	fs.writeSync(1, JSON.stringify({ event, ...more }) + '\n');
}

function linesOf(file) {
	return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n')
		.filter(Boolean) : [];
}

function refusal(code, text) {
	return Object.assign(new Error(text), { responseCode: code });
}

/* At which stage this message is refused, if at all. */
function nextStage() {
	asked++;
	return asked % options.failEvery === 0 ?
		STAGES[(asked / options.failEvery - 1) % STAGES.length] : null;
}

function onMail(sender, session, callback) {
	stage = nextStage();
	callback(stage === 'MAIL' ? refusal(451, '4.3.0 MAIL later') : null);
}

function onRecipient(recipient, session, callback) {
	if (recipient.address.startsWith('refused'))
		callback(refusal(550, '5.1.1 Nobody of that name'));
	else
		callback(stage === 'RCPT' ?
			refusal(451, '4.3.0 RCPT later') : null);
}

async function textOf(stream) {
	const chunks = [];

	for await (const chunk of stream)
		chunks.push(chunk);
	return Buffer.concat(chunks).toString('latin1');
}

async function take(stream, session, callback) {
	const text = await textOf(stream);
	const [recipient] = session.envelope.rcptTo;
	const id = /^Message-ID: (.*)\r$/m.exec(text)[1];

	if (stage === 'DATA') {
		say('refused', { id });
		return callback(refusal(452, '4.3.1 No room'));
	}
	fs.appendFileSync(options.store, JSON.stringify({
		to: recipient.address, id, user: session.user ?? null,
		secure: session.secure, session: session.id, text }) + '\n');
	taken++;
	if (options.dieAt?.includes(taken))
		process.kill(process.pid, 'SIGKILL');
	if (options.holdAt?.includes(taken)) {
		say('held', { id });
		await new Promise((resolve) => setTimeout(resolve, HOLD_MS));
	}
	callback(null, 'Taken');
}

function authenticate(auth, session, callback) {
	say('auth', { method: auth.method, secure: session.secure });
	if (auth.username === options.user &&
	    auth.password === options.password)
		callback(null, { user: auth.username });
	else
		callback(refusal(535, '5.7.8 Who?'));
}

const server = new SMTPServer({
	secure: options.secure ?? false,
	...options.key ? { key: fs.readFileSync(options.key),
		cert: fs.readFileSync(options.cert) } :
		{ disabledCommands: ['STARTTLS'] },
	allowInsecureAuth: true,
	authOptional: options.user === undefined,
	logger: false,
	onAuth: authenticate,
	onMailFrom: onMail,
	onRcptTo: onRecipient,
	onData: take,
});

/* A client that ends its side, or is killed, is nothing to die of. */
server.on('error', (error) => say('error', { message: error.message }));
server.listen(options.port, '127.0.0.1', () => say('listening',
	{ port: server.server.address().port }));
