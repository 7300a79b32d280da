// The console in a browser, by a person's paths: every screen in both languages and both themes, at a desk and on a
// phone.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { SCALE } from "#test/support/scale";
import { CHROMIUM, type Looks, launch, Visit } from "./browser";
import { ADMIN_TOKEN, DEMO_KEY, Gateway } from "./gateway";

const SCREENS = [
	"/",
	"/requests",
	"/usage",
	"/keys",
	"/teams",
	"/people",
	"/models",
	"/providers",
	"/audit",
	"/settings",
];
/** What a person who writes names by hand, or an attacker, may call things. */
const HOSTILE = '<img src=x onerror="alert(1)">"\'&lt;b&gt;';
const MAX_FIRST_SCRIPTS_BYTES = 220 * 1024;
const MINUTE_S = 60;
/** By how much the clock of a page goes on at a time. */
const STEP_S = 5;
/** What the gateway lets screens wake of keys that owe usage. */
const KEYS_WOKEN_A_MINUTE = 20;

describe.skipIf(CHROMIUM === null)(
	CHROMIUM === null ? "the console, skipped: no Chromium is here" : "the console",
	() => {
		let gateway: Gateway;
		let browser: Browser;
		let keyOfTeam: string;

		beforeAll(async () => {
			[gateway, browser] = await Promise.all([Gateway.start(), launch()]);
			const team = await gateway.admin("POST", "/teams", {
				name: HOSTILE,
				budgets: [{ limit_usd: "5", window: "month" }],
			});
			const made = await gateway.admin("POST", "/keys", {
				team_id: team.id,
				name: `key of ${HOSTILE}`,
				budgets: [{ limit_usd: "1", window: "day" }],
			});
			keyOfTeam = String(made.key);
			await gateway.admin("POST", "/aliases", {
				name: "steady",
				models: ["openai/gpt-4o-mini", "deepseek/deepseek-flash"],
			});
			for (const model of ["steady", "openai/gpt-4o-mini", "missing/model"]) {
				const answer = await gateway.chat(
					{ model, messages: [{ role: "user", content: HOSTILE }] },
					{ headers: { authorization: `Bearer ${keyOfTeam}`, "x-tollgate-session": "a/b" } },
				);
				await answer.body?.cancel();
			}
		});

		afterAll(async () => {
			await browser?.close();
			await gateway?.stop();
		});

		// The first two differ in all; a run that looks at the whole sees what each alone does.
		const looks: readonly (readonly [string, Looks])[] = [
			["in English", {}],
			["in Chinese, in the dark, on a phone", { language: "zh-CN", dark: true, phone: true }],
			...(SCALE < 1
				? []
				: ([
						["in Chinese", { language: "zh-CN" }],
						["in the dark", { dark: true }],
						["on a phone", { phone: true }],
					] as const)),
		];
		it.each(looks)("shows every screen %s, accessible and without a mishap", async (_name, look) => {
			const visit = await Visit.start(browser, gateway.url, look);
			await visit.signIn(ADMIN_TOKEN);
			await visit.settled();
			for (const screen of SCREENS) {
				if (screen !== "/") await visit.open(screen);
				expect.soft(await visit.violations(), screen).toEqual([]);
				expect.soft(await visit.overflows(), screen).toBe(false);
				expect.soft(await visit.page.locator("[role=alert]").allTextContents(), screen).toEqual([]);
			}
			expect(await visit.page.evaluate(() => document.documentElement.lang)).toBe(look.language ?? "en");
			expect(visit.mishaps).toEqual([]);
			await visit.end();
		});

		it.each(SCALE < 1 ? looks.slice(1, 2) : looks)(
			"opens what lies behind a row %s, with names and answers as text",
			async (_name, look) => {
				const visit = await Visit.start(browser, gateway.url, look);
				await visit.comeIn(ADMIN_TOKEN, "/");
				for (const screen of ["/requests", "/keys", "/models?search=gpt-6", "/providers", "/audit", "/teams"]) {
					await visit.open(screen);
					await visit.page.locator("main a[href*='open=']").first().click();
					await visit.page.getByRole("dialog").waitFor();
					await visit.settled();
					expect.soft(await visit.violations(), screen).toEqual([]);
					expect.soft(await visit.overflows(), screen).toBe(false);
					expect.soft(await visit.page.locator("[role=alert]").allTextContents(), screen).toEqual([]);
					await visit.page.keyboard.press("Escape");
					await visit.page.getByRole("dialog").waitFor({ state: "hidden" });
					expect(new URL(visit.page.url()).searchParams.has("open")).toBe(false);
				}
				expect(await visit.page.getByText(HOSTILE).count()).toBeGreaterThan(0);
				expect(await visit.page.locator("img").count()).toBe(0);
				expect(visit.mishaps).toEqual([]);
				await visit.end();
			},
		);

		it("makes a key by the keyboard alone, whose text works and is shown once", async () => {
			const visit = await Visit.start(browser, gateway.url);
			await visit.comeIn(ADMIN_TOKEN, "/keys");
			const { page } = visit;
			await tabTo(visit, "New key");
			await page.keyboard.press("Enter");
			await page.getByRole("dialog").waitFor();
			await page.keyboard.type("made by hand");
			await page.keyboard.press("Tab");
			await page.keyboard.type("Demo");
			await page.keyboard.press("Enter");
			await tabTo(visit, "Make the key");
			await page.keyboard.press("Enter");
			const shown = page.getByRole("dialog").locator("pre").first();
			await shown.waitFor();
			const text = (await shown.textContent()) ?? "";
			const answer = await gateway.chat(
				{ model: "openai/gpt-4o-mini", messages: [{ role: "user", content: "Hello" }] },
				{ headers: { authorization: `Bearer ${text}` } },
			);
			expect(answer.status).toBe(200);
			await answer.body?.cancel();
			await page.keyboard.press("Escape");
			await page.getByRole("dialog").waitFor({ state: "hidden" });
			await page.waitForFunction(() => document.activeElement?.textContent === "New key");
			expect(await page.content()).not.toContain(text);
			expect(await page.getByText("made by hand").count()).toBeGreaterThan(0);
			expect(visit.mishaps).toEqual([]);
			await visit.end();
		});

		it("goes where keys of the keyboard say, and finds a request by its id", async () => {
			const visit = await Visit.start(browser, gateway.url);
			await visit.comeIn(ADMIN_TOKEN, "/");
			await visit.page.getByText("at this rate it lasts until it resets").first().waitFor();
			const failed = visit.page.getByRole("link", { name: /^Failed/ });
			expect(await failed.getAttribute("href")).toContain("status=failed");
			await visit.page.keyboard.press("g");
			await visit.page.keyboard.press("k");
			await visit.page.waitForURL("**/console/keys");
			const requests = (await gateway.admin("GET", "/requests?limit=1")).data as { id: string }[];
			await visit.page.keyboard.press("/");
			await visit.page.getByRole("dialog").waitFor();
			await visit.page.keyboard.type(requests[0]?.id ?? "");
			await visit.page.keyboard.press("Enter");
			await visit.page.waitForURL(`**/console/requests?open=${requests[0]?.id}`);
			const closed = async () => {
				// The search goes and the sheet comes; Escape is for the sheet.
				await visit.page.locator("[role=dialog] input[type=search]").waitFor({ state: "detached" });
				await visit.page.getByRole("dialog").waitFor();
				await visit.page.keyboard.press("Escape");
				await visit.page.getByRole("dialog").waitFor({ state: "hidden" });
			};
			await visit.settled();
			expect.soft(await visit.violations()).toEqual([]);
			await closed();
			for (const [wanted, kind, place] of [
				[keyOfTeam.slice(-4), "API key", /\/console\/keys\?open=key_/],
				[HOSTILE, "Team", /\/console\/teams\?open=team_/],
				["gpt-6-luna", "Model", /\/console\/models\?search=gpt-6-luna/],
			] as const) {
				await visit.page.getByRole("button", { name: "Search or go to" }).click();
				await visit.page.getByRole("dialog").getByRole("searchbox").fill(wanted);
				await visit.page
					.getByRole("dialog")
					.locator("li", { hasText: new RegExp(`${kind}$`) })
					.click();
				await visit.page.waitForURL(place);
				if (kind === "Model") continue;
				await closed();
			}
			expect(visit.mishaps).toEqual([]);
			await visit.end();
		});

		it("keeps to the team that a person has chosen, from screen to screen", async () => {
			const visit = await Visit.start(browser, gateway.url);
			await visit.comeIn(ADMIN_TOKEN, "/");
			const { page } = visit;
			await page.locator("header").getByLabel("Team shown").selectOption(HOSTILE);
			await page.waitForURL(/\/console\/\?team_id=team_/);
			await page.keyboard.press("g");
			await page.keyboard.press("u");
			await page.waitForURL(/\/console\/usage\?team_id=team_/);
			await page.locator("nav").getByRole("link", { name: "Keys" }).click();
			await page.getByText(`key of ${HOSTILE}`).waitFor();
			expect(await page.getByText("Demo key").count()).toBe(0);
			// A filter is changed where the caret is.
			const search = page.getByLabel("Name or last characters");
			await search.click();
			await page.keyboard.type("of <");
			await page.keyboard.press("Home");
			await page.keyboard.type("key ");
			expect(await search.inputValue()).toBe("key of <");
			await page.waitForURL((url) => url.searchParams.get("search") === "key of <");
			expect(visit.mishaps).toEqual([]);
			await visit.end();
		});

		it("tells usage by two groups, in a file whose sum is that of the exported requests", async () => {
			const visit = await Visit.start(browser, gateway.url);
			await visit.comeIn(ADMIN_TOKEN, "/usage?group=provider&and=operation&period=1d");
			const { page } = visit;
			expect.soft(await visit.violations()).toEqual([]);
			const saved = page.waitForEvent("download");
			await page.getByRole("button", { name: "Download as CSV" }).click();
			const file = readFileSync(await (await saved).path(), "utf8");
			const exported = await gateway.call("/admin/requests?format=csv", {
				headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
			});
			expect(sumOf(file, "cost")).toBeGreaterThan(0);
			expect(sumOf(file, "cost")).toBe(sumOf(await exported.text(), "cost"));
			const rows = page.locator("tbody tr");
			expect(await rows.count()).toBe(file.trimEnd().split("\r\n").length - 1);
			await rows.getByRole("link", { name: "openai" }).click();
			await page.waitForURL((url) => url.searchParams.get("operation") === "chat");
			await visit.settled();
			await page.locator("main a[href*='open=']").first().click();
			const sheet = page.getByRole("dialog");
			await sheet.getByText("curl").first().waitFor();
			const costs = await sheet.getByRole("table", { name: "Usage and cost" }).locator("tbody tr").allTextContents();
			expect(costs[0]).toMatch(/Input, not cached\d+× \$[\d.]+\$[\d.]+$/);
			expect(visit.mishaps).toEqual([]);
			await visit.end();
		});

		it("ranks an alias by the keyboard, shows the route it leads to, and puts back what was before", async () => {
			const visit = await Visit.start(browser, gateway.url);
			await visit.signIn(ADMIN_TOKEN);
			const { page } = visit;
			const ranked = async () => (await gateway.admin("GET", "/aliases/steady")).models as { model: string }[];
			const before = await ranked();
			await visit.open("/models?tab=aliases");
			await page.getByRole("link", { name: "steady" }).click();
			await page.getByText("Version 1", { exact: true }).waitFor();
			expect.soft(await visit.violations()).toEqual([]);
			await page.getByRole("button", { name: "Rank of deepseek/deepseek-flash" }).focus();
			await page.keyboard.press("ArrowUp");
			await page.getByText("deepseek/deepseek-flash is now 1 of 2").waitFor({ state: "attached" });
			await page.getByRole("button", { name: "Save" }).click();
			await page.getByRole("dialog").waitFor({ state: "hidden" });
			expect((await ranked()).map(({ model }) => model)).toEqual(before.map(({ model }) => model).toReversed());
			await page.goto("/console/models?tab=route&model=steady");
			await visit.settled();
			await page.getByRole("button", { name: "Show the route" }).click();
			const route = page.getByRole("table", { name: "Would be asked, in this order" }).locator("tbody tr");
			expect(await route.first().textContent()).toContain("deepseek/");
			expect.soft(await visit.violations()).toEqual([]);
			await page.goto("/console/models?tab=aliases&open=steady");
			await page.getByRole("button", { name: "Put back" }).click();
			await page
				.getByRole("dialog", { name: /^Put back version 1/ })
				.getByRole("button", { name: "Put back" })
				.click();
			await page.getByText("Version 3", { exact: true }).waitFor();
			expect(await ranked()).toEqual(before);
			expect(visit.mishaps).toEqual([]);
			await visit.end();
		});

		it("sets a team's budget for some operations, changes it, and takes it away when asked once by name", async () => {
			const team = await gateway.admin("POST", "/teams", { name: "Narrowed" });
			const budgets = async () => {
				const { budgets } = await gateway.admin("GET", `/teams/${team.id}`);
				return (budgets as { limit_usd: string; operations: string[] | null }[]).map((one) => [
					one.limit_usd,
					one.operations,
				]);
			};
			const visit = await Visit.start(browser, gateway.url);
			await visit.comeIn(ADMIN_TOKEN, `/teams?open=${team.id}`);
			const { page } = visit;
			await page.getByRole("button", { name: "Set a budget" }).click();
			const form = page.getByRole("dialog", { name: "Set a budget: Narrowed" });
			await form.getByLabel("Limit in USD").fill("7");
			await form.getByRole("checkbox", { name: "Embeddings" }).click();
			expect.soft(await visit.violations()).toEqual([]);
			await form.getByRole("button", { name: "Save" }).click();
			await page.getByText("counts only Embeddings").waitFor();
			expect(await budgets()).toEqual([["7", ["embeddings"]]]);
			await page.getByRole("button", { name: "Change", exact: true }).click();
			const change = page.getByRole("dialog", { name: "Change: Narrowed" });
			await change.getByRole("checkbox", { name: "Rerank" }).click();
			await change.getByRole("button", { name: "Save" }).click();
			await page.getByText("counts only Embeddings, Rerank").waitFor();
			expect(await budgets()).toEqual([["7", ["embeddings", "rerank"]]]);
			await page.getByRole("button", { name: "Take this budget away" }).click();
			const asked = page.getByRole("dialog", { name: /^Take the budget \$7.* away\?$/ });
			await asked.getByRole("button", { name: "Take this budget away" }).click();
			await page.getByText("No budget: nothing but its keys").waitFor();
			expect(await budgets()).toEqual([]);
			expect(visit.mishaps).toEqual([]);
			await visit.end();
		});

		it("shows the holder of a key its own requests, and none of another's", async () => {
			const visit = await Visit.start(browser, gateway.url);
			await visit.comeIn(DEMO_KEY, "/requests");
			expect(await visit.page.content()).not.toContain("onerror");
			expect(await visit.page.locator("nav").textContent()).not.toContain("Teams");
			expect(visit.mishaps).toEqual([]);
			await visit.end();
		});

		it("gives a member a key at once within the team's ceilings, and one more when a person approves", async () => {
			const team = await gateway.admin("POST", "/teams", {
				name: "Self-service",
				self_service: { max_keys: 1, max_budget_usd: "5", window: "month" },
			});
			const person = { name: "Lin", role: "member", teams: [team.id], owner_id: "lin" };
			const visit = await Visit.start(browser, gateway.url);
			await visit.signIn(String((await gateway.admin("POST", "/tokens", person)).token));
			const { page } = visit;
			await page.waitForURL("**/console/my-keys");
			const ask = async (name: string) => {
				await page.getByRole("button", { name: "Ask for a key" }).click();
				await page.getByRole("dialog").waitFor();
				await page.keyboard.type(name);
				await page.keyboard.press("Enter");
			};
			const shownWorks = async () => {
				const shown = page.getByRole("dialog").locator("pre").first();
				await shown.waitFor();
				const text = (await shown.textContent()) ?? "";
				const answer = await gateway.call("/v1/models", { headers: { authorization: `Bearer ${text}` } });
				await answer.body?.cancel();
				await page.getByRole("button", { name: "Done" }).click();
				await page.getByRole("dialog").waitFor({ state: "hidden" });
				return answer.status;
			};
			await ask("my editor");
			expect(await shownWorks()).toBe(200);
			await ask("my other editor");
			await page.getByText("waits for a manager").waitFor();
			await page.getByRole("button", { name: "Done" }).click();
			const [waiting] = (await gateway.admin("GET", "/key-requests?status=waiting")).data as { id: string }[];
			await gateway.admin("POST", `/key-requests/${waiting?.id}/approve`);
			await page.reload();
			await visit.settled();
			expect.soft(await visit.violations()).toEqual([]);
			await page.getByRole("button", { name: "Show its text once" }).click();
			expect(await shownWorks()).toBe(200);
			await page.getByRole("button", { name: "Show its text once" }).waitFor({ state: "hidden" });
			expect(visit.mishaps).toEqual([]);
			await visit.end();
		});

		it("shows a viewer of one team no screen that the gateway refuses them", async () => {
			const team = await gateway.admin("POST", "/teams", { name: "Seen" });
			const person = { name: "Mei", role: "viewer", teams: [team.id] };
			const visit = await Visit.start(browser, gateway.url);
			await visit.comeIn(String((await gateway.admin("POST", "/tokens", person)).token), "/");
			const { page } = visit;
			const names = await page.locator("nav a").allTextContents();
			expect(names).toEqual(["Overview", "Requests", "Usage", "Keys", "Teams", "People", "Models", "Settings"]);
			for (const name of names) {
				await page.locator("nav").getByRole("link", { name, exact: true }).click();
				await page.getByRole("heading", { level: 1, name }).waitFor();
				await visit.settled();
			}
			await page.goto("/console/providers");
			await page.getByText("Your role does not include this").waitFor();
			expect(visit.mishaps).toEqual([]);
			await visit.end();
		});

		it("says in Chinese what the gateway refuses, with its own words and the request's id", async () => {
			const visit = await Visit.start(browser, gateway.url, { language: "zh-CN" });
			await visit.comeIn(ADMIN_TOKEN, "/keys");
			const { page } = visit;
			await page.getByRole("button", { name: "新建密钥" }).click();
			const dialog = page.getByRole("dialog");
			await dialog.getByLabel("名称").fill("refused");
			await dialog.getByLabel("团队").selectOption("Demo team");
			await dialog.getByRole("button", { name: "预算" }).click();
			await dialog.getByLabel("仅限这些地址").fill("300.1.1.1");
			await page.keyboard.press("Enter");
			await dialog.getByText("填写的内容不符合要求").waitFor();
			expect(await dialog.textContent()).toMatch(/字段 ip_ranges.*网关原文：.*请求 req_[0-9a-f]+/);
			expect(await dialog.locator("q[lang=en]").textContent()).toContain("[gateway]");
			expect(await visit.violations()).toEqual([]);
			await visit.end();
		});

		it("makes a token for a machine, with its role and expiry, and revokes it", async () => {
			const visit = await Visit.start(browser, gateway.url);
			await visit.comeIn(ADMIN_TOKEN, "/settings");
			const { page } = visit;
			await page.getByRole("button", { name: "New token" }).click();
			await page.keyboard.type("nightly report");
			await page.getByLabel("Expires").fill("2099-01-31");
			await page.keyboard.press("Enter");
			const shown = page.getByRole("dialog").locator("pre").first();
			await shown.waitFor();
			const headers = { authorization: `Bearer ${await shown.textContent()}` };
			const status = async (method: string, route: string) => {
				const answer = await gateway.call(route, { method, headers });
				await answer.body?.cancel();
				return answer.status;
			};
			expect(await status("GET", "/admin/providers")).toBe(200);
			expect(await status("POST", "/admin/teams")).toBe(403);
			await page.keyboard.press("Escape");
			await page.getByRole("dialog").waitFor({ state: "hidden" });
			const row = page.getByRole("row", { name: "nightly report" });
			expect(await row.textContent()).toMatch(/Viewer.*all teams.*active.*2099/);
			await row.getByRole("button", { name: "Revoke" }).click();
			await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
			await row.getByText("revoked").waitFor();
			expect(await status("GET", "/admin/providers")).toBe(401);
			expect(visit.mishaps).toEqual([]);
			await visit.end();
		});

		it("asks again only while it is looked at, and its gateway's objects once a second at most", async () => {
			const visit = await Visit.start(browser, gateway.url);
			const { page } = visit;
			await page.clock.install();
			const { data: circuits } = await gateway.admin("GET", "/circuits");
			/** What a question costs the objects, as the Worker's tests have it; usage is bounded by the gateway itself. */
			const costOf = (url: URL): number => {
				if (url.pathname === "/admin/circuits") return (circuits as unknown[]).length;
				if (/^\/admin\/teams\/\w+\/budget$/.test(url.pathname)) return url.searchParams.has("live") ? 2 : 100;
				if (/^\/admin\/(usage|requests)$/.test(url.pathname)) return url.searchParams.has("live") ? 0 : 100;
				return /^\/admin\/(keys|teams|providers|key-requests|models|reconciliation)$/.test(url.pathname) ? 0 : 100;
			};
			let asked: URL[] = [];
			let pending = 0;
			page.on("request", (request) => {
				asked.push(new URL(request.url()));
				pending++;
			});
			page.on("requestfinished", () => pending--);
			page.on("requestfailed", () => pending--);
			await visit.comeIn(ADMIN_TOKEN, "/");
			const minute = async () => {
				asked = [];
				for (let second = 0; second < MINUTE_S; second += STEP_S) {
					await page.clock.runFor(STEP_S * 1000);
					await vi.waitFor(() => expect(pending).toBe(0), { timeout: 5_000, interval: 5 });
				}
				return asked;
			};
			for (const screen of ["/", "/requests", "/providers", "/people"]) {
				if (screen !== "/") await visit.open(screen);
				const polled = await minute();
				expect.soft(polled.length, screen).toBeGreaterThan(0);
				const calls = polled.reduce((sum, url) => sum + costOf(url), 0);
				expect.soft(calls + KEYS_WOKEN_A_MINUTE, `${screen}: ${polled.join(" ")}`).toBeLessThanOrEqual(MINUTE_S);
			}
			await page.evaluate(() => {
				Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
				document.dispatchEvent(new Event("visibilitychange"));
			});
			expect(await minute()).toEqual([]);
			await visit.end();
		});

		it("loads itself again, once, when a release has taken away what it is made of", async () => {
			const visit = await Visit.start(browser, gateway.url);
			const { page } = visit;
			await visit.comeIn(ADMIN_TOKEN, "/");
			let loads = 0;
			page.on("request", (request) => {
				if (request.isNavigationRequest()) loads++;
			});
			await page.route(/assets\/(teams|audit)-.*\.js/, (route) =>
				loads > 0 && route.request().url().includes("teams") ? route.continue() : route.fulfill({ status: 404 }),
			);
			await page.locator("nav").getByRole("link", { name: "Teams" }).click();
			await page.waitForURL("**/console/teams");
			await page.getByRole("heading", { level: 1, name: "Teams" }).waitFor();
			expect(loads).toBe(1);
			// What stays missing is told, and is no circle.
			await page.locator("nav").getByRole("link", { name: "Audit" }).click();
			await page.getByRole("alert").waitFor();
			expect(loads).toBe(1);
			await visit.end();
		});

		it("is cached for ever, but for its page", async () => {
			const page = await fetch(`${gateway.url}/console/`);
			expect(page.headers.get("cache-control")).toMatch(/must-revalidate|no-cache/);
			const script = /src="(\/console\/assets\/[^"]+\.js)"/.exec(await page.text())?.[1];
			const file = await fetch(gateway.url + script);
			await file.body?.cancel();
			expect(file.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
			for (const { headers } of [page, file]) {
				expect(headers.get("x-content-type-options")).toBe("nosniff");
				expect(headers.get("content-security-policy")).toContain("default-src 'none'; script-src 'self'");
			}
		});

		it("keeps a person out whose token is wrong, and says so", async () => {
			const visit = await Visit.start(browser, gateway.url);
			await visit.page.goto("/console/keys");
			await visit.page.locator("input[type=password]").fill("a-wrong-token-of-some-length");
			await visit.page.keyboard.press("Enter");
			await visit.page.getByText("neither a valid token").waitFor();
			expect(await visit.page.locator("nav").count()).toBe(0);
			await visit.end();
		});
	},
);

describe("the console's bundle", () => {
	it("asks for few scripts before its first screen", () => {
		const assets = path.join(import.meta.dirname, "../../console/dist/console/assets");
		const page = readFileSync(path.join(assets, "../index.html"), "utf8");
		const first = readdirSync(assets).filter((name) => name.endsWith(".js") && page.includes(name));
		const overview = readdirSync(assets).filter((name) => /^(overview|states|usage|budget-bar)-.*\.js$/.test(name));
		const bytes = [...new Set([...first, ...overview])].reduce(
			(sum, name) => sum + gzipSync(readFileSync(path.join(assets, name))).length,
			0,
		);
		expect(first.length).toBeGreaterThan(0);
		expect(bytes).toBeLessThanOrEqual(MAX_FIRST_SCRIPTS_BYTES);
	});
});

/** The sum of a column of CSV whose figures stand behind all texts, in nano-dollars. */
function sumOf(csv: string, name: string): number {
	const [head = "", ...rows] = csv.trimEnd().split("\r\n");
	const place = head.split(",").indexOf(name) - head.split(",").length;
	return rows.reduce((sum, row) => sum + Math.round(Number(row.split(",").at(place)) * 1e9), 0);
}

/** Presses Tab until what is focused is called so; a person who cannot get there is stuck. */
async function tabTo({ page }: Visit, name: string): Promise<void> {
	for (let press = 0; press < 60; press++) {
		await page.keyboard.press("Tab");
		if ((await page.evaluate(() => document.activeElement?.textContent ?? "")) === name) return;
	}
	throw new Error(`Tab does not lead to "${name}"`);
}
