/*
 * What processes cost, by /proc alone: processor time and memory of a process
 * and all below it.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';

const TICK_US = 1e6 / Number(execFileSync('getconf', ['CLK_TCK']));

/* The fields of /proc/PID/stat after the name, which may hold anything. */
function stat(pid) {
	try {
		const text = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');

		return text.slice(text.lastIndexOf(')') + 2).split(' ');
	} catch {
		return null;	/* it has ended meanwhile */
	}
}

export function familyOf(pid) {
	const parents = new Map();

	for (const name of fs.readdirSync('/proc'))
		if (/^\d+$/.test(name))
			parents.set(Number(name), Number(stat(name)?.[1]));

	const family = [pid];

	for (const member of family)
		for (const [child, parent] of parents)
			if (parent === member)
				family.push(child);
	return family;
}

/*
 * Microseconds used so far by pid and all below it: user and system time, and
 * that of children who have ended and been waited for.
 */
export function cpuOf(pid) {
	let ticks = 0;

	for (const member of familyOf(pid))
		for (const field of stat(member)?.slice(11, 15) ?? [])
			ticks += Number(field);
	return ticks * TICK_US;
}

/*
 * Memory in KiB, shared pages divided among those who share them. Mappings that
 * are both kept out of core files and asked for as huge pages are hash arenas
 * (trust/argon.c); they are counted apart.
 */
export function memoryOf(pid) {
	const sum = { pss: 0, arenas: 0 };

	for (const member of familyOf(pid))
		for (const mapping of mappings(member)) {
			const flags = /^VmFlags:(.*)$/m.exec(mapping)[1]
				.trim().split(' ');
			const kind = flags.includes('hg') &&
				flags.includes('dd') ? 'arenas' : 'pss';

			sum[kind] += Number(/^Pss:\s+(\d+)/m.exec(mapping)[1]);
		}
	return sum;
}

function mappings(pid) {
	const text = fs.readFileSync(`/proc/${pid}/smaps`, 'latin1');

	return text.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m).filter(Boolean);
}
