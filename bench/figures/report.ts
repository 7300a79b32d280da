/** What a run found, as text: figures, ratios to what Tollgate is compared with, and what it adds. */
import { MODES, type Mode } from "../rows/modes.ts";
import { type Summary, spread } from "./statistics.ts";

/** One mode at one number of connections: each target's figures, of all rounds together and of each. */
export interface Cell {
	readonly mode: Mode;
	readonly connections: number;
	readonly targets: Readonly<Record<string, { readonly all: Summary; readonly rounds: readonly Summary[] }>>;
}

/** All that a run found. */
export interface Results {
	readonly taken: string;
	readonly quick: boolean;
	/** `elsewhere` is the share of the machine's processor time that went to others than the run. */
	readonly machine: { readonly processor: string; readonly cores: number; readonly elsewhere: number };
	readonly versions: { readonly node: string; readonly workerd: string; readonly portkey: string };
	/** What was measured, with what each had on. */
	readonly targets: readonly { readonly name: string; readonly has: string }[];
	/** A sentence for each peer that could not be measured, or not in a mode. */
	readonly leftOut: readonly string[];
	readonly rounds: number;
	readonly errors: readonly {
		readonly target: string;
		readonly mode: Mode;
		readonly connections: number;
		readonly error: string;
		readonly count: number;
	}[];
	readonly cells: readonly Cell[];
}

/** A figure of a round, by its name; null where there is none. */
type Metric = readonly [name: string, pick: (one: Summary) => number | null];

/** What is compared beside each target with the bare proxy. */
const RATIOS: readonly (readonly [over: string, under: string])[] = [
	["tollgate", "floor"],
	["tollgate", "portkey"],
	["governed", "tollgate"],
];

/** Rows of cells as text, columns aligned to the right but for the first two. */
function table(rows: readonly (readonly string[])[]): string {
	const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
	return rows
		.map((row) =>
			row
				.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
				.join("  ")
				.trimEnd(),
		)
		.join("\n");
}

const fixed =
	(digits: number) =>
	(value: number): string =>
		Number.isFinite(value) ? value.toFixed(digits) : "-";
const ms = fixed(2);
const ratio = fixed(2);

function range(values: readonly number[], show: (value: number) => string): string {
	if (!values.every(Number.isFinite)) return "-";
	const { min, median, max } = spread(values);
	return `${show(median)} (${show(min)}..${show(max)})`;
}

/** Everything that a run found, as text. */
export function report(results: Results): string {
	const { machine, versions } = results;
	const parts = [
		`${results.taken}${results.quick ? ", QUICK: too short for figures" : ""}`,
		`${machine.processor}, ${machine.cores} cores, shared by the upstream, the load generator and the gateway under test`,
		`${(machine.elsewhere * 100).toFixed(1)} % of all processor time during the run went elsewhere`,
		`node ${versions.node}, workerd ${versions.workerd}, Portkey ${versions.portkey}; ${results.rounds} rounds`,
		...results.targets.map(({ name, has }) => `${name}: ${has}`),
		...results.leftOut,
	];
	for (const mode of new Set(results.cells.map((cell) => cell.mode))) {
		const cells = results.cells.filter((cell) => cell.mode === mode);
		parts.push(
			"",
			`== ${mode}: ${MODES[mode].title} ==`,
			"",
			figures(cells, mode),
			"",
			ratios(cells, mode),
			"",
			added(cells, mode),
		);
	}
	if (results.errors.length > 0) {
		parts.push("", "ERRORS: the figures above are void");
		for (const { target, mode, connections, error, count } of results.errors) {
			parts.push(`${target}, ${mode}, ${connections} connections: ${count} x ${error}`);
		}
	}
	return `${parts.join("\n")}\n`;
}

/** All rounds together: times in milliseconds. */
function figures(cells: readonly Cell[], mode: Mode): string {
	const { stream, pace } = MODES[mode];
	const first = stream ? ["first p50", "p95", "p99"] : [];
	const pieces = pace > 0 ? ["pieces"] : [];
	const rows = [
		["conn", "target", "requests", "req/s", "MB/s", "total p50", "p95", "p99", ...first, ...pieces, "cpu ms/req"],
		...cells.flatMap(({ connections, targets }) =>
			Object.entries(targets).map(([name, { all }]) => [
				String(connections),
				name,
				String(all.requests),
				fixed(0)(all.requests_per_second),
				fixed(2)(all.bytes_per_second / 1e6),
				ms(all.total.p50),
				ms(all.total.p95),
				ms(all.total.p99),
				...(stream ? [ms(all.first.p50), ms(all.first.p95), ms(all.first.p99)] : []),
				...(pace > 0 ? [fixed(1)(all.pieces_per_stream)] : []),
				all.processor_per_request === null ? "-" : fixed(3)(all.processor_per_request),
			]),
		),
	];
	return table(rows);
}

/** What only a stream has. */
const STREAMED_RATIOS: readonly Metric[] = [
	["first p50", (one) => one.first.p50],
	["bytes/s", (one) => one.bytes_per_second],
];
const STREAMED_DIFFERENCES: readonly Metric[] = [
	["first p50", (one) => one.first.p50],
	["first p95", (one) => one.first.p95],
	["first p99", (one) => one.first.p99],
];

/** One ratio per round, of the two targets' figures of that round: median (least..greatest). */
function ratios(cells: readonly Cell[], mode: Mode): string {
	const metrics: Metric[] = [
		["req/s", (one) => one.requests_per_second],
		["total p50", (one) => one.total.p50],
		...(MODES[mode].stream ? STREAMED_RATIOS : []),
		["cpu/req", (one) => one.processor_per_request],
	];
	return table([
		["conn", "ratio", ...metrics.map(([name]) => name)],
		...cells.flatMap(({ connections, targets }) =>
			ratiosOf(targets).map(([over, under]) => [
				String(connections),
				`${over}/${under}`,
				...metrics.map(([, pick]) =>
					range(
						paired(targets, over, under).map(([one, other]) => figure(pick(one)) / figure(pick(other))),
						ratio,
					),
				),
			]),
		),
	]);
}

/** Each target over the bare proxy, and what else is compared, of what was measured. */
function ratiosOf(targets: Cell["targets"]): (readonly [over: string, under: string])[] {
	const others = Object.keys(targets).filter((name) => name !== "direct" && name !== "bare");
	const toBare = others.map((name) => [name, "bare"] as const);
	return [...toBare, ...RATIOS].filter(([over, under]) => over in targets && under in targets);
}

/** The rounds of two targets, side by side. */
function paired(targets: Cell["targets"], name: string, other: string): [Summary, Summary][] {
	const others = targets[other]?.rounds ?? [];
	return (targets[name]?.rounds ?? []).flatMap((one, round): [Summary, Summary][] => {
		const beside = others[round];
		return beside === undefined ? [] : [[one, beside]];
	});
}

/** What is not known is no number: its ratio is none either. */
function figure(value: number | null): number {
	return value ?? Number.NaN;
}

/** Milliseconds that a target adds to going direct, one difference per round: median (least..greatest). */
function added(cells: readonly Cell[], mode: Mode): string {
	const metrics: Metric[] = [
		["total p50", (one) => one.total.p50],
		["total p95", (one) => one.total.p95],
		["total p99", (one) => one.total.p99],
		...(MODES[mode].stream ? STREAMED_DIFFERENCES : []),
	];
	return table([
		["conn", "added to direct, ms", ...metrics.map(([name]) => name)],
		...cells.flatMap(({ connections, targets }) =>
			Object.keys(targets)
				.filter((name) => name !== "direct")
				.map((name) => [
					String(connections),
					name,
					...metrics.map(([, pick]) =>
						range(
							paired(targets, name, "direct").map(([one, other]) => figure(pick(one)) - figure(pick(other))),
							ms,
						),
					),
				]),
		),
	]);
}
