/**
 * Where Tollgate spends its processor time under load: `npm --prefix bench run profile -- [mode] [connections]`.
 * Prints the functions with the most time and writes a profile that Chrome's developer tools open to `results/`.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Measurement } from "./figures/statistics.ts";
import { attach } from "./processes/inspector.ts";
import { freePort, heard, startModule, stopAll } from "./processes/processes.ts";
import { modeOf } from "./rows/modes.ts";
import { callOf, tollgate } from "./targets/targets.ts";

/** A function where it was called from, as the inspector tells of it. */
interface ProfileNode {
	readonly id: number;
	readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
	readonly children?: readonly number[];
}

interface Profile {
	readonly nodes: readonly ProfileNode[];
	readonly samples: readonly number[];
	/** In microseconds. */
	readonly timeDeltas: readonly number[];
}

const MILLISECONDS = 8000;
const LINES = 40;
const [name = "whole", connections = "8"] = process.argv.slice(2);
const mode = modeOf(name);

const directory = mkdtempSync(path.join(tmpdir(), "tollgate-profile-"));
process.on("exit", () => {
	stopAll();
	rmSync(directory, { recursive: true, force: true });
});

const upstream = await startModule<{ port: number }>("processes/upstream.ts");
const inspector = `127.0.0.1:${await freePort()}`;
const target = await tollgate(`http://127.0.0.1:${upstream.message.port}`, directory, { inspector });
const { child: load } = await startModule("processes/load.ts");
async function drive(milliseconds: number): Promise<Measurement> {
	load.send({ call: callOf(target, mode), connections: Number(connections), milliseconds });
	return heard<Measurement>(load);
}

await drive(2000);
const debug = await attach(inspector);
await debug("Profiler.enable");
await debug("Profiler.setSamplingInterval", { interval: 100 });
await debug("Profiler.start");
const { totals } = await drive(MILLISECONDS);
const { profile } = await debug<{ profile: Profile }>("Profiler.stop");

const out = path.join(import.meta.dirname, "results");
mkdirSync(out, { recursive: true });
writeFileSync(path.join(out, `${mode}-${connections}.cpuprofile`), JSON.stringify(profile));
process.stdout.write(
	`${mode}, ${connections} connections: ${totals.length} requests in ${MILLISECONDS / 1000} s, profiled\n\n` +
		`${table(profile, totals.length, readFileSync(path.join(directory, "main.js"), "utf8").split("\n"))}\n`,
);
process.exit();

/** Functions by their own time, in microseconds per request, with the time of all that they call beside it. */
function table({ nodes, samples, timeDeltas }: Profile, requests: number, bundle: readonly string[]): string {
	const byId = new Map(nodes.map((node) => [node.id, { ...node, self: 0 }]));
	const at = (id: number | undefined) => {
		const node = id === undefined ? undefined : byId.get(id);
		if (node === undefined) throw new Error(`the profile has no node ${id}`);
		return node;
	};
	samples.forEach((id, index) => {
		at(id).self += timeDeltas[index] ?? 0;
	});
	const functions = new Map<string, { self: number; total: number }>();
	const visit = (node: ReturnType<typeof at>, callers: ReadonlySet<string>): number => {
		const name = describe(node.callFrame, bundle);
		const entry = functions.get(name) ?? { self: 0, total: 0 };
		functions.set(name, entry);
		entry.self += node.self;
		const inner = callers.has(name) ? callers : new Set(callers).add(name);
		const total = (node.children ?? []).reduce((sum, id) => sum + visit(at(id), inner), node.self);
		// A function that calls itself counts once.
		if (!callers.has(name)) entry.total += total;
		return total;
	};
	visit(at(nodes[0]?.id), new Set());
	const rows = [...functions].sort(([, a], [, b]) => b.self - a.self).slice(0, LINES);
	const us = (time: number): string => (time / requests).toFixed(1).padStart(8);
	return [
		"    self    total  us per request",
		...rows.map(([name, { self, total }]) => `${us(self)} ${us(total)}  ${name}`),
	].join("\n");
}

/** A function's name with its source file, which esbuild's comments in the bundle tell. */
function describe({ functionName, url, lineNumber }: ProfileNode["callFrame"], bundle: readonly string[]): string {
	const name = functionName || "(anonymous)";
	if (!url.endsWith("main.js") && !url.endsWith("index.js"))
		return url === "" ? name : `${name}  ${url}:${lineNumber + 1}`;
	for (let line = lineNumber; line >= 0; line--) {
		const file = /^\/\/ ((?:\.\.\/)*\S+\.(?:ts|js|mjs|json))$/.exec(bundle[line] ?? "");
		if (file !== null) return `${name}  ${file[1]}, ${(bundle[lineNumber] ?? "").trim().slice(0, 50)}`;
	}
	return `${name}  line ${lineNumber + 1}`;
}
