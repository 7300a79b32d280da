// A browser for the tests of the console: Debian's Chromium, driven by playwright-core.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

const PLACES = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
/** Evaluated in the page, past its policy, which lets no script in but its own. */
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Where Chromium is here; null where it is not. In CI it always is, or the run fails. */
export const CHROMIUM: string | null = PLACES.find((place) => place !== undefined && existsSync(place)) ?? null;
if (CHROMIUM === null && process.env.TOLLGATE_BROWSER === "required") {
	throw new Error("no Chromium is installed, and this run must try the console");
}

export interface Looks {
	readonly language?: "en" | "zh-CN";
	readonly dark?: boolean;
	readonly phone?: boolean;
}

/** One browser for a file's tests. */
export function launch(): Promise<Browser> {
	// Tests run as root in containers, where Chromium's own sandbox cannot be set up.
	return chromium.launch({ executablePath: CHROMIUM ?? "", args: ["--no-sandbox"] });
}

/** A person's window on the gateway; what goes wrong in it is kept, and told by `mishaps`. */
export class Visit {
	readonly page: Page;
	readonly mishaps: string[] = [];
	readonly #context: BrowserContext;
	readonly #url: string;

	private constructor(context: BrowserContext, page: Page, url: string) {
		this.#context = context;
		this.#url = url;
		this.page = page;
		page.on("pageerror", (error) => this.mishaps.push(`error: ${error.message}`));
		page.on("dialog", (dialog) => {
			this.mishaps.push(`dialog: ${dialog.message()}`);
			void dialog.dismiss();
		});
		page.on("console", (message) => {
			// The answer to "who is signed in" is an error to a person at the door.
			if (message.type() === "error" && !message.text().includes("401"))
				this.mishaps.push(`console: ${message.text()}`);
		});
	}

	static async start(browser: Browser, url: string, { language = "en", dark = false, phone = false }: Looks = {}) {
		const context = await browser.newContext({
			baseURL: url,
			locale: language,
			colorScheme: dark ? "dark" : "light",
			viewport: phone ? { width: 390, height: 800 } : { width: 1280, height: 900 },
			permissions: ["clipboard-read", "clipboard-write"],
		});
		const visit = new Visit(context, await context.newPage(), url);
		return visit;
	}

	/** Signs in by the form, as a person does, and waits for the first screen. */
	async signIn(credential: string): Promise<void> {
		await this.page.goto("/console/");
		await this.page.locator("input[type=password]").fill(credential);
		await this.page.keyboard.press("Enter");
		await this.page.locator("nav").waitFor({ state: "attached" });
	}

	/** Comes with a session that was begun before, and opens this screen first. */
	async comeIn(credential: string, path: string): Promise<void> {
		const headers = { origin: this.#url };
		const answer = await this.#context.request.post("/admin/session", { data: { token: credential }, headers });
		if (!answer.ok()) throw new Error(`no session: ${await answer.text()}`);
		await this.page.goto(`/console${path}`);
		await this.settled();
	}

	/** Goes to another screen, as its links do, and waits until nothing of it is loading. */
	async open(path: string): Promise<void> {
		await this.page.evaluate((to) => {
			document.title = "";
			history.pushState(null, "", to);
		}, `/console${path}`);
		await this.page.waitForFunction(() => document.title !== "");
		await this.settled();
	}

	async settled(): Promise<void> {
		await this.page.locator("h1").first().waitFor();
		await this.page.waitForFunction(() => document.querySelector("[role=status][aria-label]") === null);
	}

	/** What axe finds wrong with the page as it is, each with the element. */
	async violations(): Promise<readonly string[]> {
		if (!(await this.page.evaluate(() => "axe" in globalThis))) await this.page.evaluate(AXE);
		return this.page.evaluate(async () => {
			const { axe } = globalThis as unknown as {
				axe: {
					run(
						options: object,
					): Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }>;
				};
			};
			const { violations } = await axe.run({ resultTypes: ["violations"] });
			return violations.flatMap(({ id, nodes }) =>
				nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ""}`),
			);
		});
	}

	/** Whether something stands out of the page to the side. */
	overflows(): Promise<boolean> {
		return this.page.evaluate(() => (document.scrollingElement?.scrollWidth ?? 0) > innerWidth);
	}

	async end(): Promise<void> {
		await this.#context.close();
	}
}
