/**
 * What callers notice of a provider's outage: 50 clients stream from an alias of two vendors, the first of which fails
 * for a minute; the same for Portkey with its fallback over the same two. `npm --prefix bench run outage` takes about
 * seven minutes, `-- --quick` one. Prints the figures and writes them to `results/`.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { median, percentile } from "../figures/statistics.ts";
import { heard, startModule, stopAll } from "../processes/processes.ts";
import { portkey, type Target, tollgate } from "../targets/targets.ts";
import type { Manner } from "./vendors.ts";

/** A gateway over both vendors, and the model that names them there. */
type Gateway = Target & { readonly model: string };
type Outage = Exclude<Manner, "answers">;

/** One call: when it was sent, whether it was answered whole, and the time to its first token; in milliseconds. */
interface Call {
	readonly at: number;
	readonly ok: boolean;
	readonly ttft: number | null;
}

/** Times to the first token are in milliseconds. */
interface Figures {
	readonly calls: number;
	readonly failed: number;
	readonly p50: number;
	readonly p95: number;
	readonly p99: number;
}

interface Measured {
	readonly during: Figures;
	readonly otherwise: Figures;
	/** Requests that the failing vendor had. */
	readonly reachedFirst: number;
	readonly backAfterSeconds: number | null;
}

type Result = Measured & { readonly outage: Outage; readonly gateway: string };

const CLIENTS = 50;
/** How long a client thinks between two requests, in milliseconds. */
const THINKS = 300;
/** Both gateways give the first vendor so long to its first content, in milliseconds. */
const PATIENCE = 5_000;
/** What is not counted at the beginning, in milliseconds. */
const WARM_UP = 3_000;
const quick = process.argv.includes("--quick");
/** Milliseconds before, during and after the outage. */
const PHASES = quick
	? { before: 3_000, during: 8_000, after: 5_000 }
	: { before: 10_000, during: 60_000, after: 30_000 };
/** How the first vendor fails: each request is refused after 150 ms, or accepted and never answered. */
const OUTAGES = ["refuses", "hangs"] as const;

const directory = mkdtempSync(path.join(tmpdir(), "tollgate-outage-"));
process.on("exit", () => {
	stopAll();
	rmSync(directory, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

const { child: vendors, message } = await startModule<{ ports: [number, number] }>("outage/vendors.ts");
const [first, second] = message.ports.map((port) => `http://127.0.0.1:${port}`) as [string, string];
const gateways = [await tollgateOverBoth(), await portkeyOverBoth()];
const results: Result[] = [];
for (const outage of OUTAGES) {
	for (const gateway of gateways) {
		const result = { outage, gateway: gateway.name, ...(await measure(gateway, outage)) };
		results.push(result);
		console.log(line(result));
	}
}
const out = path.join(import.meta.dirname, "..", "results");
mkdirSync(out, { recursive: true });
writeFileSync(
	path.join(out, `outage-${Date.now()}.json`),
	JSON.stringify({ cpu: cpus()[0]?.model, clients: CLIENTS, phases: PHASES, results }, null, "\t"),
);
process.exit(0);

async function tollgateOverBoth(): Promise<Gateway> {
	const variables = { DEEPSEEK_API_KEY: "sk-loopback-second", DEEPSEEK_BASE_URL: `${second}/v1` };
	const target = await tollgate(first, path.join(directory, "tollgate"), { variables });
	const models = ["openai/gpt-6-luna", "deepseek/deepseek-flash"];
	await target.admin("/aliases", { name: "steady", models, sticky: false, ttft_timeout_ms: PATIENCE });
	return { ...target, model: "steady" };
}

async function portkeyOverBoth(): Promise<Gateway> {
	const target = await portkey(first, directory);
	const at = (host: string) => ({ provider: "openai", api_key: "sk-loopback", custom_host: `${host}/v1` });
	const config = { strategy: { mode: "fallback" }, targets: [{ ...at(first), request_timeout: PATIENCE }, at(second)] };
	return { ...target, headers: { "x-portkey-config": JSON.stringify(config) }, model: "gpt-6-luna" };
}

/** Runs all clients through the three phases; what a request counts for is decided by when it was sent. */
async function measure(gateway: Gateway, outage: Outage): Promise<Measured> {
	vendors.send("answers");
	const calls: Call[] = [];
	let isOver = false;
	const running = Array.from({ length: CLIENTS }, (_, index) => client(gateway, index, calls, () => isOver));
	await pause(WARM_UP);
	calls.length = 0;
	await pause(PHASES.before);
	const began = performance.now();
	const before = await arrivals();
	vendors.send(outage);
	await pause(PHASES.during);
	vendors.send("answers");
	const ended = performance.now();
	const after = await arrivals();
	const back = await comesBack(ended);
	await pause(Math.max(0, PHASES.after - (performance.now() - ended)));
	isOver = true;
	await Promise.all(running);
	const isDuring = ({ at }: Call): boolean => at >= began && at < ended;
	return {
		during: figures(calls.filter(isDuring)),
		otherwise: figures(calls.filter((one) => !isDuring(one))),
		reachedFirst: after - before,
		backAfterSeconds: back,
	};
}

async function client(
	{ url, headers, model }: Gateway,
	index: number,
	calls: Call[],
	isOver: () => boolean,
): Promise<void> {
	// Not all at once.
	await pause((THINKS * index) / CLIENTS);
	for (let turn = 0; !isOver(); turn++) {
		const content = `Client ${index} asks for the ${turn}. time`;
		const body = JSON.stringify({ model, stream: true, max_tokens: 50, messages: [{ role: "user", content }] });
		calls.push(await call(url, { "content-type": "application/json", ...headers }, body));
		await pause(THINKS);
	}
}

/** One call; it has failed unless its stream ends as a whole answer does. */
async function call(url: string, headers: Record<string, string>, body: string): Promise<Call> {
	const at = performance.now();
	try {
		const response = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(30_000) });
		let text = "";
		let ttft: number | null = null;
		if (response.body === null) return { at, ok: false, ttft };
		for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
			text += piece;
			if (ttft === null && text.includes('"content":"word')) ttft = performance.now() - at;
		}
		return { at, ok: response.ok && ttft !== null && text.includes("data: [DONE]"), ttft };
	} catch {
		return { at, ok: false, ttft: null };
	}
}

/** Requests that the first vendor has had. */
async function arrivals(): Promise<number> {
	vendors.send("count");
	const { arrivals: counted } = await heard<{ arrivals: [number, number] }>(vendors);
	return counted[0];
}

/** Seconds until the first vendor has half of the usual traffic again; null when that is not within its time. */
async function comesBack(ended: number): Promise<number | null> {
	const usual = (CLIENTS * 500) / (THINKS + 100);
	for (let last = await arrivals(); performance.now() - ended < PHASES.after; ) {
		await pause(500);
		const now = await arrivals();
		if (now - last > usual / 2) return (performance.now() - ended) / 1000;
		last = now;
	}
	return null;
}

function figures(calls: readonly Call[]): Figures {
	const ttfts = calls.flatMap(({ ttft }) => (ttft === null ? [] : [ttft]));
	return {
		calls: calls.length,
		failed: calls.filter(({ ok }) => !ok).length,
		p50: median(ttfts),
		p95: percentile(ttfts, 0.95),
		p99: percentile(ttfts, 0.99),
	};
}

function line({ outage, gateway, during, otherwise, reachedFirst, backAfterSeconds }: Result): string {
	const share = ((100 * during.failed) / during.calls).toFixed(2);
	const added = (["p50", "p95", "p99"] as const).map((name) => `${name} ${signed(during[name] - otherwise[name])} ms`);
	const back = backAfterSeconds === null ? "not back in time" : `back after ${backAfterSeconds.toFixed(1)} s`;
	return (
		`${outage.padEnd(8)} ${gateway.padEnd(9)} ${during.failed} of ${during.calls} failed (${share} %); ` +
		`time to first token ${otherwise.p50.toFixed(0)} ms otherwise, ${added.join(", ")}; ` +
		`${reachedFirst} calls reached the failing vendor; ${back}`
	);
}

function signed(milliseconds: number): string {
	return `${milliseconds < 0 ? "" : "+"}${milliseconds.toFixed(0)}`;
}
