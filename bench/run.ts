/**
 * The benchmark: one loopback upstream, and in front of it, measured by turns in the same run, nothing ("direct"), a
 * bare proxy Worker, prototypes of what a gateway with budgets can do, Tollgate without and with budgets and limits, and
 * its peers. Prints tables and writes everything to `results/`.
 *
 * `--quick` takes a few minutes and shows only that everything works; `--with litellm,smg,tensorzero` installs and
 * measures further peers; `--modes usual,long` measures these modes alone.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { comparison } from "./figures/comparison.ts";
import { type Results, report } from "./figures/report.ts";
import { type Charged, type Measurement, pooled, summary } from "./figures/statistics.ts";
import type { Call } from "./processes/load.ts";
import { heard, machineTime, processorTime, startModule, stopAll } from "./processes/processes.ts";
import { MODE_NAMES, MODES, type Mode, modeOf } from "./rows/modes.ts";
import { check } from "./targets/check.ts";
import { startPeer } from "./targets/peers.ts";
import {
	bare,
	callOf,
	direct,
	governed,
	portkey,
	productionConfig,
	prototype,
	type Target,
	tollgate,
} from "./targets/targets.ts";

/**
 * `share` is that of a full run's time in each measurement; both warm-ups are milliseconds per target, the first of all in
 * one mode, so that what a process is measured at is not its compiler: a new one takes twice as long for a request.
 * `leadIn` is for how many milliseconds a target is asked before each measurement: while the others had their turns, the
 * runtime has put its objects to rest, and a key has given back what it had of its team's budget.
 */
const PLANS = {
	full: { rounds: 8, firstWarmUp: 12_000, warmUp: 1000, leadIn: 300, share: 1 },
	quick: { rounds: 2, firstWarmUp: 150, warmUp: 150, leadIn: 0, share: 0.25 },
};
const WARM_UP_CONNECTIONS = 32;

const { values: options } = parseArgs({
	options: { quick: { type: "boolean", default: false }, with: { type: "string" }, modes: { type: "string" } },
});
const plan = PLANS[options.quick ? "quick" : "full"];
const modes = options.modes?.split(",").map(modeOf) ?? MODE_NAMES;
const directory = mkdtempSync(path.join(tmpdir(), "tollgate-bench-"));
process.on("exit", () => {
	stopAll();
	rmSync(directory, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

const upstream = await startModule<{ port: number }>("processes/upstream.ts");
const base = `http://127.0.0.1:${upstream.message.port}`;
const { compatibilityDate, compatibilityFlags } = productionConfig().worker;
const runtime = { compatibilityDate, compatibilityFlags };
const place = (name: string): string => path.join(directory, name);
const plain = await tollgate(base, place("tollgate"));
const own: readonly Target[] = [
	direct(base),
	await bare(base, place("bare"), runtime),
	await prototype("least", base, place("least"), runtime),
	await prototype("calls", base, place("calls"), runtime),
	await prototype("floor", base, place("floor"), runtime),
	await prototype("pass", base, place("pass"), runtime),
	await prototype("pipe", base, place("pipe"), runtime),
	plain,
	await governed(plain),
	await portkey(base, directory),
];
const leftOut: string[] = [];
const peers = await startPeers(options.with?.split(",") ?? []);
const targets = [...own, ...peers];

/** The targets that take part in a mode, with what each is sent. */
interface Part {
	readonly target: Target;
	readonly call: Call;
}
const parts = new Map<Mode, readonly Part[]>();
for (const mode of modes) parts.set(mode, await checked(mode));

const { child: load } = await startModule("processes/load.ts");
const elsewhere = watchMachine(new Set([process, upstream.child, load, ...targets].flatMap(({ pid }) => pid ?? [])));
for (const [mode, taking] of parts) {
	const milliseconds = mode === modes[0] ? plan.firstWarmUp : plan.warmUp;
	for (const part of taking) await measure(part, WARM_UP_CONNECTIONS, milliseconds);
}

const cells = modes.flatMap((mode) =>
	MODES[mode].connections.map((connections) => ({
		mode,
		connections,
		measurements: (parts.get(mode) ?? []).map((part) => ({ part, rounds: [] as (Charged & Measurement)[] })),
	})),
);
for (let round = 0; round < plan.rounds; round++) {
	for (const { mode, connections, measurements } of cells) {
		// The targets of a cell follow one another at once, each round starting with another one.
		for (let turn = 0; turn < measurements.length; turn++) {
			const one = measurements[(round + turn) % measurements.length];
			if (one === undefined) continue;
			if (plan.leadIn > 0) await measure(one.part, connections, plan.leadIn);
			one.rounds.push(await measure(one.part, connections, MODES[mode].milliseconds * plan.share));
		}
	}
	process.stderr.write(`round ${round + 1} of ${plan.rounds}\n`);
}

const errors = cells.flatMap(({ mode, connections, measurements }) =>
	measurements.flatMap(({ part, rounds }) =>
		rounds.flatMap((one) =>
			Object.entries(one.errors).map(([error, count]) => ({
				target: part.target.name,
				mode,
				connections,
				error,
				count,
			})),
		),
	),
);
const results: Results = {
	taken: new Date().toISOString(),
	quick: options.quick,
	machine: { processor: cpus()[0]?.model ?? "unknown", cores: cpus().length, elsewhere: elsewhere() },
	versions: versions(),
	targets: targets.map(({ name, has }) => ({ name, has })),
	leftOut,
	rounds: plan.rounds,
	errors,
	cells: cells.map(({ mode, connections, measurements }) => ({
		mode,
		connections,
		targets: Object.fromEntries(
			measurements.map(({ part, rounds }) => [
				part.target.name,
				{ all: summary(pooled(rounds)), rounds: rounds.map(summary) },
			]),
		),
	})),
};
const text = report(results);
const tables = comparison(results);
const out = path.join(import.meta.dirname, "results");
mkdirSync(out, { recursive: true });
writeFileSync(path.join(out, "latest.json"), `${JSON.stringify(results, null, "\t")}\n`);
writeFileSync(path.join(out, "latest.txt"), text);
writeFileSync(path.join(out, "latest.md"), tables);
process.stdout.write(`${text}\n== to paste into docs/performance.md ==\n\n${tables}`);
process.exit(errors.length > 0 ? 1 : 0);

/** Starts those peers; one that cannot be installed or started is left out with a sentence. */
async function startPeers(names: readonly string[]): Promise<Target[]> {
	const started: Target[] = [];
	for (const name of names) {
		try {
			started.push(await startPeer(name, base, place(name)));
		} catch (error) {
			leaveOut(`${name} is left out`, error);
		}
	}
	return started;
}

/** What takes part in a mode, once it has shown that it relays. A peer that does not is left out; else throws. */
async function checked(mode: Mode): Promise<Part[]> {
	const taking = targets.flatMap((target): Part[] => {
		const call = callOf(target, mode);
		return call === null ? [] : [{ target, call }];
	});
	const relaying: Part[] = [];
	for (const part of taking) {
		try {
			await check(part.target.name, mode, part.call);
			relaying.push(part);
		} catch (error) {
			if (!peers.includes(part.target)) throw error;
			leaveOut(`${part.target.name} is left out of ${mode}`, error);
		}
	}
	return relaying;
}

function leaveOut(what: string, error: unknown): void {
	const sentence = `${what}: ${error instanceof Error ? error.message : error}`;
	leftOut.push(sentence);
	process.stderr.write(`${sentence}\n`);
}

/** One measurement, with the processor time of the gateway over it. */
async function measure(
	{ target: { pid }, call }: Part,
	connections: number,
	milliseconds: number,
): Promise<Charged & Measurement> {
	const before = pid === null ? null : processorTime(pid);
	load.send({ call, connections, milliseconds });
	const measurement = await heard<Measurement>(load);
	return { ...measurement, processor: before === null || pid === null ? null : processorTime(pid) - before };
}

/** From now on: the share of all processor time that went to others than these processes. */
function watchMachine(pids: ReadonlySet<number>): () => number {
	const now = () => ({ ...machineTime(), own: [...pids].reduce((sum, pid) => sum + processorTime(pid), 0) });
	const start = now();
	return () => {
		const end = now();
		return (end.busy - start.busy - (end.own - start.own)) / (end.all - start.all);
	};
}

function versions(): Results["versions"] {
	const version = (name: string): string =>
		JSON.parse(readFileSync(path.join(import.meta.dirname, "node_modules", name, "package.json"), "utf8")).version;
	return { node: process.version, workerd: version("workerd-bench"), portkey: version("@portkey-ai/gateway") };
}
