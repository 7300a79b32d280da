// Reads the resident memory of the runtime that serves a gateway.
import { readdir, readFile } from "node:fs/promises";

const PAGE_BYTES = 4_096;

/** How much the runtime used at a time. */
export interface MemorySample {
	/** Milliseconds since the epoch. */
	readonly at: number;
	readonly mib: number;
}

/** What the command of a runtime holds. */
const RUNTIME = "workerd serve";

/**
 * What the Worker's runtime in a process group keeps resident, in MiB; null where the system does not tell, or none
 * runs.
 */
export async function runtimeMemory(group: number): Promise<number | null> {
	const names = await readdir("/proc").catch(() => []);
	for (const pid of names.filter((name) => /^\d+$/.test(name))) {
		// One may end meanwhile.
		const [stat = "", command = ""] = await Promise.all(
			["stat", "cmdline"].map((file) => readFile(`/proc/${pid}/${file}`, "latin1").catch(() => "")),
		);
		// The second field is the program's name in parentheses, perhaps with spaces: count from behind it.
		const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
		if (Number(fields[2]) !== group || !command.replaceAll("\0", " ").includes(RUNTIME)) continue;
		return (Number(fields[21]) * PAGE_BYTES) / 1024 ** 2;
	}
	return null;
}

/** How fast memory grows, in MiB an hour: the line of least squares through the samples. Null of fewer than two. */
export function growth(samples: readonly MemorySample[]): number | null {
	if (samples.length < 2) return null;
	const mean = (of: (sample: MemorySample) => number) =>
		samples.reduce((sum, each) => sum + of(each), 0) / samples.length;
	const [at, mib] = [mean((each) => each.at), mean((each) => each.mib)];
	const covariance = mean((each) => (each.at - at) * (each.mib - mib));
	return (covariance / mean((each) => (each.at - at) ** 2)) * 3_600_000;
}
