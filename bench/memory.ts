/**
 * Whether memory grows with requests: the production bundle on workerd, streamed and not in turn, and after each
 * period what its heap keeps when all is collected that can be, and what the process keeps resident. `npm --prefix
 * bench run memory -- [periods] [seconds of each]` takes two minutes unless told otherwise.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Measurement } from "./figures/statistics.ts";
import { attach } from "./processes/inspector.ts";
import { freePort, heard, startModule, stopAll } from "./processes/processes.ts";
import { callOf, tollgate } from "./targets/targets.ts";

const CONNECTIONS = 8;
const MODES = ["whole", "burst"] as const;
const MIB = 1024 ** 2;
const [periods = 12, seconds = 10] = process.argv.slice(2).map(Number);

const directory = mkdtempSync(path.join(tmpdir(), "tollgate-memory-"));
process.on("exit", () => {
	stopAll();
	rmSync(directory, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

const upstream = await startModule<{ port: number }>("processes/upstream.ts");
const inspector = `127.0.0.1:${await freePort()}`;
const target = await tollgate(`http://127.0.0.1:${upstream.message.port}`, directory, { inspector });
const { child: load } = await startModule("processes/load.ts");
const debug = await attach(inspector);

console.log("requests  heap after collection  resident");
let requests = 0;
for (let period = 0; period < periods; period++) {
	const mode = MODES[period % MODES.length] ?? "whole";
	load.send({ call: callOf(target, mode), connections: CONNECTIONS, milliseconds: seconds * 1000 });
	const { totals } = await heard<Measurement>(load);
	requests += totals.length;
	await debug("HeapProfiler.collectGarbage");
	const { usedSize } = await debug<{ usedSize: number }>("Runtime.getHeapUsage");
	const heap = `${(usedSize / MIB).toFixed(1)} MiB`;
	console.log(String(requests).padStart(8) + heap.padStart(23) + resident(target.pid).padStart(10));
}
process.exit();

function resident(pid: number): string {
	const [, kib] = /VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
	return `${Math.round(Number(kib) / 1024)} MiB`;
}
