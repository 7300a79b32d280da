/**
 * What a stream takes of memory while its reader is slow: many long streams at once, through the bare proxy, the
 * prototypes that pass streams on, and Tollgate. `npm --prefix bench run slow-readers -- [streams] [seconds]` takes a
 * minute unless told otherwise. The upstream writes as fast as it is let. Fails where Tollgate takes more than it may.
 */
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { stopAll } from "./processes/processes.ts";
import { streamedAnswer } from "./rows/exchange.ts";
import { bare, callOf, productionConfig, prototype, type Target, tollgate } from "./targets/targets.ts";

/**
 * What each reader takes in a second, in bytes: many times what a model writes, and far less than the upstream could.
 */
const READ_BYTES_PER_SECOND = 128 * 1024;
const PAUSE_MS = 100;
const SAMPLE_MS = 250;
/** What a stream may take in Tollgate, in MiB. */
const MAX_STREAM_MIB = 2;
const MIB = 1024 ** 2;
const [streams = 100, seconds = 10] = process.argv.slice(2).map(Number);

const directory = mkdtempSync(path.join(tmpdir(), "tollgate-slow-"));
process.on("exit", () => {
	stopAll();
	rmSync(directory, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

const { opening, content } = streamedAnswer(100, false);
const events = Buffer.from(content.join(""));
const upstream = createServer((asked, response) => {
	asked.resume();
	asked.on("end", () => void pour(response));
});
upstream.listen(0, "127.0.0.1");
await once(upstream, "listening");
const base = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
const { compatibilityDate, compatibilityFlags } = productionConfig().worker;
const runtime = { compatibilityDate, compatibilityFlags };
const targets: readonly Target[] = [
	await bare(base, path.join(directory, "bare"), runtime),
	await prototype("pass", base, path.join(directory, "pass"), runtime),
	await prototype("pipe", base, path.join(directory, "pipe"), runtime),
	await tollgate(base, path.join(directory, "tollgate")),
];

console.log(`${streams} streams, each read at ${READ_BYTES_PER_SECOND / 1024} KiB a second for ${seconds} s`);
console.log("target    resident before  at most   a stream");
let takesTooMuch = false;
for (const target of targets) {
	const { pid } = target;
	if (pid === null) continue;
	await read(target, 1000);
	const before = resident(pid);
	let most = before;
	const sampling = setInterval(() => {
		most = Math.max(most, resident(pid));
	}, SAMPLE_MS);
	await Promise.all(Array.from({ length: streams }, () => read(target, seconds * 1000)));
	clearInterval(sampling);
	const each = (most - before) / streams;
	takesTooMuch ||= target.name === "tollgate" && each > MAX_STREAM_MIB;
	const shown = [`${before.toFixed(0)} MiB`, `${most.toFixed(0)} MiB`, `${each.toFixed(2)} MiB`];
	console.log(target.name.padEnd(10) + shown.map((cell, column) => cell.padStart(column === 0 ? 15 : 10)).join(""));
}
if (takesTooMuch) console.error(`a stream takes more than ${MAX_STREAM_MIB} MiB in Tollgate`);
process.exit(takesTooMuch ? 1 : 0);

/** Writes a stream without end, until its reader leaves. */
async function pour(response: ServerResponse): Promise<void> {
	const gone = once(response, "close");
	response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
	response.write(opening);
	while (!response.destroyed) if (!response.write(events)) await Promise.race([once(response, "drain"), gone]);
}

/** Reads a stream slowly for so long, and leaves. */
async function read(target: Target, milliseconds: number): Promise<void> {
	const call = callOf(target, "burst");
	if (call === null) throw new Error(`${target.name} takes no part`);
	const asking = request(call.url, {
		method: "POST",
		headers: { ...call.headers, "content-type": "application/json" },
	});
	asking.on("error", () => {});
	asking.end(call.body);
	const [response] = await once(asking, "response");
	if (response.statusCode !== 200) throw new Error(`${target.name} answers ${response.statusCode}`);
	const share = (READ_BYTES_PER_SECOND * PAUSE_MS) / 1000;
	for (let left = milliseconds; left > 0; left -= PAUSE_MS) {
		// Without enough of it there, this asks for more and gives nothing.
		response.read(share);
		await setTimeout(PAUSE_MS);
	}
	asking.destroy();
}

/** The memory that a process keeps, in MiB. */
function resident(pid: number): number {
	const [, kib] = /VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
	return Number(kib) / (MIB / 1024);
}
