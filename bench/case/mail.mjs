/* Letters a second from a full queue to a mail server that takes them all. */
import net from 'node:net';
import { SECRET, makeBed } from '../bed.mjs';
import { writeLetters } from '../../tests/lib/letters.mjs';

const LETTERS_A_SECOND = 300;	/* enough to be busy for that long */
const LOOK_MS = 200;

export const title = 'mail';

export async function measure({ seconds, empty }) {
	const sink = await startSink();
	const bed = await makeBed({ people: 100, empty, config: {
		'mail.smtp_url': `smtp://127.0.0.1:${sink.address().port}`,
		'mail.tls': 'never' } });
	const letters = LETTERS_A_SECOND * seconds;

	try {
		await writeLetters((sql) => bed.database.query(sql), SECRET,
			Array.from({ length: letters }, (_, i) => bed.email(i)));
		await bed.serve();

		const before = bed.cpu(), began = await sent(bed, 1);
		const ended = await sent(bed, letters);
		const after = bed.cpu();
		const each = (part) => ((after[part] - before[part]) / letters)
			.toFixed(0);

		return [{ measured: 'letters sent, one mailer',
			ours: `${(letters / (ended - began) * 1000).toFixed(0)}/s ` +
				`(CPU of a letter: app ${each('app')} us, ` +
				`db ${each('database')} us)` }];
	} finally {
		await bed.stop();
		sink.close();
	}
}

/* When so many have been sent, in ms. */
async function sent(bed, wanted) {
	for (;;) {
		const [{ count }] = await bed.database.query(`SELECT count(*)
			FROM letters WHERE state = 'sent'`);

		if (count >= wanted)
			return performance.now();
		await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
	}
}

/* The least a mail server can be: it says yes and forgets. */
function startSink() {
	const server = net.createServer((socket) => {
		let text = '', inside = false;

		socket.on('error', () => {});
		socket.write('220 sink\r\n');
		socket.on('data', (bytes) => {
			text += bytes.toString('latin1');
			for (;;) {
				const end = inside ? '\r\n.\r\n' : '\r\n';
				const at = text.indexOf(end);

				if (at < 0)
					return;
				const line = text.slice(0, at);

				text = text.slice(at + end.length);
				inside = !inside && /^DATA/i.test(line);
				socket.write(inside ? '354 go on\r\n' : '250 ok\r\n');
			}
		});
	});

	return new Promise((resolve) => server.listen(0, '127.0.0.1',
		() => resolve(server)));
}
