/**
 * Takes the pictures of the console that the README shows: `npm run screenshots`, or `npm run screenshots -- FOLDER` for
 * every screen at every width, theme and language into a folder of one's own. Starts a gateway with simulated providers
 * and a state of its own, seeds it, and looks at it with the Chromium of this machine.
 */
import type { ChildProcess } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { freePort, start, stop } from "./gateway.ts";
import { makeTeams, sendRequests, writeUsage } from "./seed.ts";

const ROOT = path.join(import.meta.dirname, "../..");
const IMAGES = path.join(ROOT, "docs/images");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
/** Until the objects have told the database of the last requests. */
const FLUSH_MS = 8_000;
/** Until a chart has drawn and a sheet has come. */
const DRAWN_MS = 400;

interface Look {
	readonly language?: "en" | "zh-CN";
	readonly dark?: boolean;
	readonly phone?: boolean;
}

interface Shot extends Look {
	readonly name: string;
	/** The address below /console. */
	readonly at: string;
	/** Opens the first row that opens something. */
	readonly opens?: boolean;
}

const README: readonly Shot[] = [
	{ name: "overview", at: "/" },
	{ name: "request", at: "/requests?provider=deepseek", opens: true, dark: true },
	{ name: "usage.zh-CN", at: "/usage?group=team&period=7d", language: "zh-CN" },
];
const SCREENS = [
	"/",
	"/requests",
	"/usage",
	"/keys",
	"/teams",
	"/models",
	"/models?tab=aliases",
	"/providers",
	"/audit",
];
const OPENING = ["/requests", "/keys", "/teams", "/providers", "/audit"];
const LOOKS: readonly (readonly [string, Look])[] = [
	["wide", {}],
	["phone", { phone: true }],
	["dark", { dark: true }],
	["zh", { language: "zh-CN", phone: true, dark: true }],
];

const folder = process.argv[2];
const shots = folder === undefined ? README : LOOKS.flatMap(([name, look]) => everything(name, look));
const place = folder ?? IMAGES;
const state = await mkdtemp(path.join(tmpdir(), "tollgate-screenshots-"));
const port = await freePort();
const origin = `http://localhost:${port}`;
let gateway: ChildProcess | undefined;
try {
	await mkdir(place, { recursive: true });
	gateway = await start(state, port);
	const keys = await makeTeams(origin);
	await stop(gateway, port);
	await writeUsage(state, keys, Date.now());
	gateway = await start(state, port);
	await sendRequests(origin, keys);
	await new Promise((resolve) => setTimeout(resolve, FLUSH_MS));
	// Tests run as root in containers, where Chromium's own sandbox cannot be set up.
	const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
	for (const shot of shots) await take(browser, shot);
	await browser.close();
} finally {
	if (gateway !== undefined) await stop(gateway, port);
	await rm(state, { recursive: true, force: true });
}

function everything(name: string, look: Look): Shot[] {
	const plain = SCREENS.map((at) => ({ ...look, at, name: `${name}${at.replaceAll(/\W/g, "-")}` }));
	const opened = OPENING.map((at) => ({ ...look, at, opens: true, name: `${name}${at.replaceAll(/\W/g, "-")}-open` }));
	return [...plain, ...opened];
}

async function take(browser: Browser, { name, at, opens = false, language = "en", dark, phone }: Shot): Promise<void> {
	const context = await browser.newContext({
		baseURL: origin,
		locale: language,
		timezoneId: "UTC",
		colorScheme: dark ? "dark" : "light",
		viewport: phone ? { width: 390, height: 800 } : { width: 1280, height: 800 },
	});
	const page = await context.newPage();
	await page.goto("/console/");
	await page.locator("input[type=password]").fill("tollgate-dev-admin");
	await page.keyboard.press("Enter");
	await page.locator("nav").waitFor({ state: "attached" });
	await page.goto(`/console${at}`);
	await settled(page);
	if (opens) {
		await page.locator("main a[href*='open=']").first().click();
		await page.getByRole("dialog").waitFor();
		await settled(page);
	}
	await page.screenshot({ path: path.join(place, `${name}.png`) });
	await context.close();
}

/** Nothing on the page is loading, and charts have drawn. */
async function settled(page: Page): Promise<void> {
	await page.locator("h1").first().waitFor();
	await page.locator("[role=status][aria-label]").first().waitFor({ state: "detached" });
	await page.waitForTimeout(DRAWN_MS);
}
