import { spread } from "./statistics.mjs";

const NAMES = { whole: "not streamed", burst: "streamed, no delay", paced: "streamed, 20 tokens at 5 ms" };
const RATIOS = [
	["tollgate", "bare"],
	["floor", "bare"],
	["tollgate", "floor"],
	["portkey", "bare"],
	["tollgate", "portkey"],
];

/** Rows of cells as text, columns aligned to the right but for the first two. */
function table(rows) {
	const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
	return rows
		.map((row) =>
			row
				.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
				.join("  ")
				.trimEnd(),
		)
		.join("\n");
}

const fixed = (digits) => (value) => (Number.isFinite(value) ? value.toFixed(digits) : "-");
const ms = fixed(2);
const ratio = fixed(2);

function range(values, show) {
	if (!values.every(Number.isFinite)) return "-";
	const { min, median, max } = spread(values);
	return `${show(median)} (${show(min)}..${show(max)})`;
}

/** Everything that a run found, as text. */
export function report(results) {
	const { machine, versions } = results;
	const parts = [
		`${results.taken}${results.quick ? ", QUICK: too short for figures" : ""}`,
		`${machine.processor}, ${machine.cores} cores, shared by the upstream, the load generator and the gateway under test`,
		`${(machine.elsewhere * 100).toFixed(1)} % of all processor time during the run went elsewhere`,
		`node ${versions.node}, workerd ${versions.workerd}, Portkey ${versions.portkey}; ${results.rounds} rounds`,
	];
	for (const [mode, name] of Object.entries(NAMES)) {
		const cells = results.cells.filter((cell) => cell.mode === mode);
		parts.push("", `== ${name} ==`, "", figures(cells, mode), "", ratios(cells, mode), "", added(cells, mode));
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
function figures(cells, mode) {
	const first = mode === "whole" ? [] : ["first p50", "p95", "p99"];
	const rows = [
		["conn", "target", "requests", "req/s", "MB/s", "total p50", "p95", "p99", ...first, "cpu ms/req"],
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
				...(mode === "whole" ? [] : [ms(all.first.p50), ms(all.first.p95), ms(all.first.p99)]),
				all.processor_per_request === null ? "-" : fixed(3)(all.processor_per_request),
			]),
		),
	];
	return table(rows);
}

/** One ratio per round, of the two targets' figures of that round: median (least..greatest). */
function ratios(cells, mode) {
	const metrics = [
		["req/s", (one) => one.requests_per_second],
		["total p50", (one) => one.total.p50],
		...(mode === "whole"
			? []
			: [
					["first p50", (one) => one.first.p50],
					["bytes/s", (one) => one.bytes_per_second],
				]),
		["cpu/req", (one) => one.processor_per_request],
	];
	return table([
		["conn", "ratio", ...metrics.map(([name]) => name)],
		...cells.flatMap(({ connections, targets }) =>
			RATIOS.map(([over, under]) => [
				String(connections),
				`${over}/${under}`,
				...metrics.map(([, pick]) =>
					range(
						targets[over].rounds.map((one, round) => pick(one) / pick(targets[under].rounds[round])),
						ratio,
					),
				),
			]),
		),
	]);
}

/** Milliseconds that a target adds to going direct, one difference per round: median (least..greatest). */
function added(cells, mode) {
	const metrics = [
		["total p50", (one) => one.total.p50],
		["total p95", (one) => one.total.p95],
		...(mode === "whole"
			? []
			: [
					["first p50", (one) => one.first.p50],
					["first p95", (one) => one.first.p95],
				]),
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
							targets[name].rounds.map((one, round) => pick(one) - pick(targets.direct.rounds[round])),
							ms,
						),
					),
				]),
		),
	]);
}
