/* Who runs below whom, read from /proc. */
import fs from 'node:fs';

export function lives(pid) {
	try {
		return !/\) [ZX] /.test(fs.readFileSync(`/proc/${pid}/stat`,
			'latin1'));
	} catch {
		return false;
	}
}

export function childrenOf(pid) {
	const file = `/proc/${pid}/task/${pid}/children`;

	return fs.readFileSync(file, 'utf8').trim().split(' ').filter(Boolean)
		.map(Number);
}

export function commandOf(pid) {
	try {
		return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8')
			.split('\0')[1] ?? '';
	} catch {
		return '';
	}
}

export function workersOf(pid) {
	return childrenOf(pid).filter((child) => commandOf(child) === 'worker');
}
