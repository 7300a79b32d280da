/**
 * The benchmark: one loopback upstream, and in front of it, measured by turns in the same run, nothing ("direct"), a
 * bare proxy Worker, the floor of what a gateway with budgets can do, Tollgate and Portkey. Prints tables and writes
 * everything as JSON to `results/`. `--quick` takes about a minute and shows only that everything works.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import { expectedText, MODE_NAMES, MODES, type Mode, requestBody } from "./exchange.ts";
import { heard, machineTime, processorTime, startModule, stopAll } from "./processes.ts";
import { type Results, report } from "./report.ts";
import { type Charged, type Measurement, pooled, summary } from "./statistics.ts";
import { bare, direct, floor, portkey, productionConfig, type Target, tollgate } from "./targets.ts";

const CONNECTIONS = [1, 8, 32];
const PLANS = {
	full: { rounds: 8, warmUp: 6000, milliseconds: { whole: 800, burst: 800, paced: 1100 } },
	quick: { rounds: 2, warmUp: 500, milliseconds: { whole: 250, burst: 250, paced: 500 } },
};

const quick = process.argv.includes("--quick");
const plan = PLANS[quick ? "quick" : "full"];
const directory = mkdtempSync(path.join(tmpdir(), "tollgate-bench-"));
process.on("exit", () => {
	stopAll();
	rmSync(directory, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

const upstream = await startModule<{ port: number }>("upstream.ts");
const base = `http://127.0.0.1:${upstream.message.port}`;
const targets = [
	direct(base),
	await bare(base, path.join(directory, "bare"), productionConfig().worker),
	await floor(base, path.join(directory, "floor"), productionConfig().worker),
	await tollgate(base, path.join(directory, "tollgate")),
	await portkey(base, directory),
];
for (const target of targets) for (const mode of MODE_NAMES) await check(target, mode);

const { child: load } = await startModule("load.ts");
/** One measurement, with the processor time of the gateway over it. */
async function measure(
	target: Target,
	mode: Mode,
	connections: number,
	milliseconds: number,
): Promise<Charged & Measurement> {
	const { pid } = target;
	const before = pid === null ? null : processorTime(pid);
	load.send({ target: { url: target.url, headers: target.headers }, mode, connections, milliseconds });
	const measurement = await heard<Measurement>(load);
	return { ...measurement, processor: before === null || pid === null ? null : processorTime(pid) - before };
}

const elsewhere = watchMachine([process, upstream.child, load, ...targets].flatMap(({ pid }) => pid ?? []));
for (const target of targets) for (const mode of MODE_NAMES) await measure(target, mode, 8, plan.warmUp / 3);

const cells = MODE_NAMES.flatMap((mode) =>
	CONNECTIONS.map((connections) => ({
		mode,
		connections,
		measurements: targets.map((target) => ({ target, rounds: [] as (Charged & Measurement)[] })),
	})),
);
for (let round = 0; round < plan.rounds; round++) {
	for (const { mode, connections, measurements } of cells) {
		// The targets of a cell follow one another at once, each round starting with another one.
		for (let turn = 0; turn < targets.length; turn++) {
			const one = measurements[(round + turn) % targets.length];
			one?.rounds.push(await measure(one.target, mode, connections, plan.milliseconds[mode]));
		}
	}
	process.stderr.write(`round ${round + 1} of ${plan.rounds}\n`);
}

const errors = cells.flatMap(({ mode, connections, measurements }) =>
	measurements.flatMap(({ target, rounds }) =>
		rounds.flatMap((one) =>
			Object.entries(one.errors).map(([error, count]) => ({
				target: target.name,
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
	quick,
	machine: { processor: cpus()[0]?.model ?? "unknown", cores: cpus().length, elsewhere: elsewhere() },
	versions: versions(),
	rounds: plan.rounds,
	milliseconds: plan.milliseconds,
	errors,
	cells: cells.map(({ mode, connections, measurements }) => ({
		mode,
		connections,
		targets: Object.fromEntries(
			measurements.map(({ target, rounds }) => [
				target.name,
				{ all: summary(pooled(rounds)), rounds: rounds.map(summary) },
			]),
		),
	})),
};
const text = report(results);
const out = path.join(import.meta.dirname, "results");
mkdirSync(out, { recursive: true });
writeFileSync(path.join(out, "latest.json"), `${JSON.stringify(results, null, "\t")}\n`);
writeFileSync(path.join(out, "latest.txt"), text);
process.stdout.write(text);
process.exit(errors.length > 0 ? 1 : 0);

/** From now on: the share of all processor time that went to others than these processes. */
function watchMachine(pids: readonly number[]): () => number {
	const now = () => ({ ...machineTime(), own: pids.reduce((sum, pid) => sum + processorTime(pid), 0) });
	const start = now();
	return () => {
		const end = now();
		return (end.busy - start.busy - (end.own - start.own)) / (end.all - start.all);
	};
}

/** A completion, or a chunk of one, as far as it is looked at. */
interface Relayed {
	readonly choices: readonly { readonly delta?: { content?: string }; readonly message?: { content?: string } }[];
	readonly usage?: { readonly completion_tokens: number } | null;
}

/** That a target really relays the upstream's answer: text, end and usage. Throws otherwise. */
async function check({ name, url, headers }: Target, mode: Mode): Promise<void> {
	const response = await fetch(url, {
		method: "POST",
		headers: { ...headers, "content-type": "application/json" },
		body: requestBody(mode),
	});
	const body = await response.text();
	const events: Relayed[] = MODES[mode].stream
		? body.split("\n\n").flatMap((event) => (event.startsWith("data: {") ? [JSON.parse(event.slice(6))] : []))
		: response.ok
			? [JSON.parse(body)]
			: [];
	const content = events
		.flatMap((event) => event.choices)
		.map((choice) => (choice.delta ?? choice.message)?.content ?? "")
		.join("");
	const tokens = events.findLast((event) => event.usage)?.usage?.completion_tokens;
	if (content !== expectedText(mode) || tokens !== MODES[mode].tokens) {
		throw new Error(`${name} does not relay ${mode}: ${response.status} ${body.slice(0, 2000)}`);
	}
}

function versions(): Results["versions"] {
	const version = (name: string): string =>
		JSON.parse(readFileSync(path.join(import.meta.dirname, "node_modules", name, "package.json"), "utf8")).version;
	return { node: process.version, workerd: version("workerd-bench"), portkey: version("@portkey-ai/gateway") };
}
