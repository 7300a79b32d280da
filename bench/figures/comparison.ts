/** What a run found as tables in Markdown, for `docs/performance.md`: one of throughput, and what goes with it. */
import { MODES } from "../rows/modes.ts";
import type { Cell, Results } from "./report.ts";
import { median, type Summary } from "./statistics.ts";

type Sides = Cell["targets"][string];
type Show = (one: Sides, cell: Cell) => string;

/** The tables of a run, and how much one key was served. */
export function comparison(results: Results): string {
	const { taken, quick, machine, versions, rounds, cells } = results;
	const title = ({ mode }: Cell): string => MODES[mode].title;
	const tables = [
		`${quick ? "QUICK, too short for figures. " : ""}Measured ${taken.slice(0, 10)} on ${machine.processor}, ` +
			`${machine.cores} cores, of which others took ${(machine.elsewhere * 100).toFixed(1)} %; node ${versions.node}, ` +
			`workerd ${versions.workerd}, Portkey ${versions.portkey}; ${rounds} rounds.`,
		results.targets.map(({ name, has }) => `- ${name}: ${has}`).join("\n"),
		section(
			"Requests per second as a share of the bare proxy's, and the gateway's processor time for each in milliseconds:",
			table(results, cells, title, ofBare),
		),
		section(
			"Milliseconds added to going direct at 1 connection, p50 / p99; of a stream, those until its first content:",
			table(results, cells.filter(isAlone), title, addedToDirect),
		),
		section(
			"Pieces of content in which a stream arrived, of those that were sent:",
			table(results, cells.filter(isPaced), (cell) => `${title(cell)}, of ${MODES[cell.mode].tokens}`, piecesOf),
		),
		hotKey(cells),
		...results.leftOut,
	];
	return `${tables.filter((part) => part !== "").join("\n\n")}\n`;
}

const section = (head: string, lines: string): string => (lines === "" ? "" : `${head}\n\n${lines}`);
const isAlone = ({ connections }: Cell): boolean => connections === 1;
const isPaced = ({ mode }: Cell): boolean => MODES[mode].pace > 0;

/** One line per cell, one column per target that has something to show in any of them. Empty without cells. */
function table({ targets }: Results, cells: readonly Cell[], title: (cell: Cell) => string, show: Show): string {
	const shown = (name: string, cell: Cell): string => {
		const one = cell.targets[name];
		return one === undefined ? "" : show(one, cell);
	};
	const columns = targets.map(({ name }) => name).filter((name) => cells.some((cell) => shown(name, cell) !== ""));
	const rows = cells.map((cell) => [
		title(cell),
		String(cell.connections),
		...columns.map((name) => shown(name, cell)),
	]);
	if (rows.length === 0) return "";
	const head = ["", "conn", ...columns];
	return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

const number = (value: number, digits: number): string => (Number.isFinite(value) ? value.toFixed(digits) : "-");

/** The median of the rounds' shares, and the processor time of all of them. */
function ofBare(one: Sides, { targets }: Cell): string {
	const shares = one.rounds.map(
		(round, index) => round.requests_per_second / (targets.bare?.rounds[index]?.requests_per_second ?? Number.NaN),
	);
	const processor = one.all.processor_per_request;
	return number(median(shares), 2) + (processor === null ? "" : ` (${number(processor, 2)})`);
}

function addedToDirect(one: Sides, { mode, targets }: Cell): string {
	const times = ({ total, first }: Summary) => (MODES[mode].stream ? first : total);
	const { direct } = targets;
	if (direct === undefined || direct === one) return "";
	const added = (name: "p50" | "p99"): string => number(times(one.all)[name] - times(direct.all)[name], 2);
	return `${added("p50")} / ${added("p99")}`;
}

function piecesOf(one: Sides): string {
	return number(one.all.pieces_per_stream, 1);
}

/** The most that was served to one key with budgets and limits: its object takes no less than that. */
function hotKey(cells: readonly Cell[]): string {
	const served = cells.flatMap(({ mode, connections, targets }) =>
		mode === "whole" && targets.governed !== undefined
			? [{ connections, rate: targets.governed.all.requests_per_second }]
			: [],
	);
	if (served.length === 0) return "";
	const most = Math.max(...served.map(({ rate }) => rate));
	const each = served.map(({ connections, rate }) => `${rate.toFixed(0)} at ${connections}`).join(", ");
	return (
		`One key with budgets and limits was served at most ${most.toFixed(0)} whole answers a second (${each} ` +
		"connections), with its object, the Worker and the database in one thread and the load on the same cores."
	);
}
