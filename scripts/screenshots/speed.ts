/**
 * `npm run bench:console`: how soon the console can be used, and how soon its filters answer, at a warm gateway with a
 * million requests in its books (`npm run bench:console -- 50000` for another number). Starts a gateway of its own,
 * seeds it, and looks at it with the Chromium of this machine.
 */
import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import path from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { freePort, start, stop } from "./gateway.ts";
import { writeRequests } from "./request-rows.ts";
import { inDatabaseOf, makeTeams, writeUsage } from "./seed.ts";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const REQUESTS = Number(process.argv[2] ?? 1_000_000);
/** How often each is measured; the median is printed. */
const TIMES = 3;
const SCREENS = ["/", "/requests", "/usage", "/keys", "/teams"];

/** Run in the page, which has drawn twice then. */
const DRAWN = "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))";

interface Filter {
	readonly name: string;
	readonly screen: string;
	/** What is asked of the API when it is set. */
	readonly asks: RegExp;
	readonly set: (page: Page) => Promise<unknown>;
}

const FILTERS: readonly Filter[] = [
	{ name: "requests: failed", screen: "/requests", asks: /status=5xx/, set: (page) => choose(page, "Status", "5xx") },
	{ name: "requests: a team", screen: "/requests", asks: /team_id=/, set: (page) => choose(page, "Team", "Search") },
	{ name: "requests: a key", screen: "/requests", asks: /key_id=/, set: (page) => choose(page, "API key", "codex") },
	{
		name: "requests: a rare error",
		screen: "/requests",
		asks: /error_code=none_such/,
		set: (page) => page.getByLabel("Error", { exact: true }).fill("none_such"),
	},
	{
		name: "requests: a model",
		screen: "/requests",
		asks: /model=gpt-6-luna/,
		set: (page) => page.getByLabel("Model", { exact: true }).fill("gpt-6-luna"),
	},
	{
		name: "requests: a session",
		screen: "/requests",
		asks: /session=s4711/,
		set: (page) => page.getByLabel("Session", { exact: true }).fill("s4711"),
	},
	{
		name: "usage: the last 90 days",
		screen: "/usage",
		asks: /interval=day/,
		set: (page) => choose(page, "Period", "Last 90 days"),
	},
];

const state = await mkdtemp(path.join(tmpdir(), "tollgate-console-"));
const port = await freePort();
const origin = `http://localhost:${port}`;
let gateway: ChildProcess | undefined;
try {
	gateway = await start(state, port);
	const keys = await makeTeams(origin);
	await stop(gateway, port);
	const now = Date.now();
	await writeUsage(state, keys, now);
	const began = performance.now();
	await inDatabaseOf(state, (database) => writeRequests(database, keys, REQUESTS, now));
	print(`${REQUESTS} requests written in ${seconds(performance.now() - began)}`);
	gateway = await start(state, port);
	// Tests run as root in containers, where Chromium's own sandbox cannot be set up.
	const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
	print(`${cpus().length} cores (${cpus()[0]?.model.trim()}), Chromium ${browser.version()}, medians of ${TIMES}`);
	await measureScreens(browser);
	await measureFilters(browser);
	await browser.close();
} finally {
	if (gateway !== undefined) await stop(gateway, port);
	await rm(state, { recursive: true, force: true });
}

async function measureScreens(browser: Browser): Promise<void> {
	for (const screen of SCREENS) {
		const [cold, warm]: [number[], number[]] = [[], []];
		for (let time = 0; time <= TIMES; time++) {
			const context = await signedIn(browser);
			const page = await context.newPage();
			const first = await untilUsable(page, screen);
			const second = await untilUsable(page, screen);
			// The first time warms the gateway.
			if (time > 0) {
				cold.push(first);
				warm.push(second);
			}
			await context.close();
		}
		print(`${screen.padEnd(28)} interactive after ${ms(cold)}, with the files in the browser's cache ${ms(warm)}`);
	}
}

async function measureFilters(browser: Browser): Promise<void> {
	for (const { name, screen, asks, set } of FILTERS) {
		const [times, gateway]: [number[], number[]] = [[], []];
		const context = await signedIn(browser);
		for (let time = 0; time <= TIMES; time++) {
			const page = await context.newPage();
			await untilUsable(page, screen);
			const answered = page.waitForResponse((response) => asks.test(response.url()));
			const began = performance.now();
			await set(page);
			await (await answered).finished();
			await page.evaluate(DRAWN);
			if (time > 0) {
				times.push(performance.now() - began);
				gateway.push((await answered).request().timing().responseEnd);
			}
			await page.close();
		}
		await context.close();
		print(`${name.padEnd(28)} answered after ${ms(times)}, the gateway after ${ms(gateway)}`);
	}
}

async function signedIn(browser: Browser): Promise<BrowserContext> {
	const context = await browser.newContext({ baseURL: origin, locale: "en" });
	await context.request.post("/admin/session", { data: { token: "tollgate-dev-admin" }, headers: { origin } });
	return context;
}

/** From asking for the page until all parts of the screen show what they are for, in milliseconds. */
async function untilUsable(page: Page, screen: string): Promise<number> {
	await page.goto(`/console${screen}`, { waitUntil: "commit" });
	await page.locator("h1").first().waitFor();
	await page.locator("[role=status][aria-label]").first().waitFor({ state: "detached" });
	return Number(await page.evaluate("performance.now()"));
}

function choose(page: Page, label: string, option: string): Promise<unknown> {
	return page.getByLabel(label, { exact: true }).selectOption(option);
}

function ms(times: readonly number[]): string {
	return `${Math.round(times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0)} ms`;
}

function seconds(time: number): string {
	return `${(time / 1000).toFixed(1)} s`;
}

function print(line: string): void {
	process.stdout.write(`${line}\n`);
}
