/**
 * What a long list of models costs: the production bundle on workerd with the models that it comes with, and with 2,000
 * more that it learnt of its vendor's list. `npm --prefix bench run models` takes about a minute; prints a table.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { median } from "./figures/statistics.ts";
import { stopAll } from "./processes/processes.ts";
import { requestBody, wholeAnswer } from "./rows/exchange.ts";
import { type TollgateTarget, tollgate } from "./targets/targets.ts";

const LEARNT = 2_000;
/** Cold starts, each a new process on the same state. */
const STARTS = 5;
const LISTS = 25;
const QUESTIONS = 300;
const ANSWER_TOKENS = 100;
/** How a learnt model, the dearest to look up, and one of the catalog are asked for. */
const LAST = `openai/${learntId(LEARNT - 1)}`;
const KNOWN = "openai/gpt-6-luna";

const directory = mkdtempSync(path.join(tmpdir(), "tollgate-models-"));
process.on("exit", () => {
	stopAll();
	rmSync(directory, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

const list = JSON.stringify({ object: "list", data: Array.from({ length: LEARNT }, (_, at) => listed(at)) });
const answer = wholeAnswer(ANSWER_TOKENS);
const upstream = createServer((request, response) => {
	request.resume();
	request.on("end", () => {
		response.writeHead(200, { "content-type": "application/json" });
		response.end(request.url === "/v1/models" ? list : answer);
	});
}).listen(0, "127.0.0.1");
await new Promise((resolve) => upstream.once("listening", resolve));
const origin = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;

/** Times in milliseconds, sizes in bytes or MiB. */
interface Row {
	readonly models: number;
	readonly start: number;
	readonly firstRequest: number;
	readonly firstList: number;
	readonly listBytes: number;
	readonly nextList: number;
	readonly unchanged: number;
	readonly resident: number;
	readonly routeByName: number;
	readonly routeAuto: number;
	readonly answer: number;
}

const today = await tollgate(origin, path.join(directory, "today"));
const learnt = await tollgate(origin, path.join(directory, "learnt"));
const synced = await learnt.admin<{ learnt: { version: number } | null }>("/providers/openai/models/sync", {
	accept: { new: true },
});
if (synced.learnt === null) throw new Error("nothing was learnt");
const rows: Readonly<Record<string, Row[]>> = { today: [], [`${LEARNT} learnt`]: [] };
for (let round = 0; round < STARTS; round++) {
	rows.today?.push(await measured(today, KNOWN));
	rows[`${LEARNT} learnt`]?.push(await measured(learnt, LAST));
}
const FIGURES: readonly (readonly [keyof Row, string])[] = [
	["models", "models in the list"],
	["start", "start until it listens, ms"],
	["firstRequest", "first answer after that, ms"],
	["firstList", "first GET /v1/models, ms"],
	["listBytes", "  its size, bytes"],
	["nextList", "next GET /v1/models, ms"],
	["unchanged", "  the same as 304, ms"],
	["resident", "memory of the process, MiB"],
	["routeByName", "POST /v1/route by name, ms"],
	["routeAuto", "POST /v1/route by auto, ms"],
	["answer", "a chat completion, ms"],
];
const names = Object.keys(rows);
console.log("median".padEnd(32) + names.map((name) => name.padStart(16)).join(""));
for (const [figure, title] of FIGURES) {
	const values = names.map((name) => median((rows[name] ?? []).map((row) => row[figure])));
	console.log(title.padEnd(32) + values.map((value) => shown(value).padStart(16)).join(""));
}
process.exit(0);

/** One life of the process, from its start. */
async function measured(target: TollgateTarget, model: string): Promise<Row> {
	const begin = performance.now();
	const { url, pid } = await target.restart();
	const start = performance.now() - begin;
	const headers = { ...target.headers, "content-type": "application/json" };
	const ask = (route: string, body?: string, more: object = {}): Promise<Response> =>
		fetch(url + route, {
			method: body === undefined ? "GET" : "POST",
			headers: { ...headers, ...more },
			body: body ?? null,
		});
	const chat = requestBody("whole", model, "chat");
	const firstRequest = await timed(() => ask("/v1/chat/completions", chat));
	let [listBytes, models, tag] = [0, 0, ""];
	const firstList = await timed(async () => {
		const response = await ask("/v1/models");
		tag = response.headers.get("etag") ?? "";
		const text = await response.clone().text();
		listBytes = text.length;
		models = (JSON.parse(text) as { data: unknown[] }).data.length;
		return response;
	});
	const several = async (count: number, call: () => Promise<Response>, status?: number): Promise<number> => {
		const times: number[] = [];
		for (let each = 0; each < count; each++) times.push(await timed(call, status));
		return median(times);
	};
	const route = (name: string) => several(QUESTIONS, () => ask("/v1/route", requestBody("whole", name, "chat")));
	return {
		models,
		start,
		firstRequest,
		firstList,
		listBytes,
		nextList: await several(LISTS, () => ask("/v1/models")),
		unchanged: await several(LISTS, () => ask("/v1/models", undefined, { "if-none-match": tag }), 304),
		routeByName: await route(model),
		routeAuto: await route("auto"),
		answer: await several(QUESTIONS, () => ask("/v1/chat/completions", chat)),
		resident: residentMib(pid),
	};
}

/** Milliseconds until an answer has been read to its end. Throws for one with another status. */
async function timed(call: () => Promise<Response>, status = 200): Promise<number> {
	const begin = performance.now();
	const response = await call();
	const text = await response.text();
	const time = performance.now() - begin;
	if (response.status !== status) throw new Error(`${response.status} instead of ${status}: ${text.slice(0, 500)}`);
	return time;
}

function residentMib(pid: number): number {
	const [, kib] = /VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
	return Math.round(Number(kib) / 1024);
}

function shown(value: number): string {
	return Number.isInteger(value) ? String(value) : value.toFixed(2);
}

function learntId(at: number): string {
	return `gpt-bench-${at}`;
}

/** As vendors list models that say of themselves what they cost. */
function listed(at: number): object {
	return { id: learntId(at), object: "model", context_length: 128_000, pricing: { input: 1, output: 2 } };
}
