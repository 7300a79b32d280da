// Starts, kills and stops gateways as processes, and checks what they log.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { inject } from "vitest";
import { PROVIDER_SETTINGS } from "#providers/built-in-providers";
import { checked } from "#test/oracle/check";
import type { Serving } from "./serve";

export const DEMO_KEY = "test-key-123";
export const ADMIN_TOKEN = "tollgate-dev-admin";

const ROOT = path.join(import.meta.dirname, "../..");
const START_LIMIT_MS = 60_000;
/** What the directories of gateways begin with. */
const PREFIX = path.join(tmpdir(), "tollgate-test-");
/** Settings of the machine that would make a gateway under test call somebody. */
const FOREIGN: ReadonlySet<string> = new Set(PROVIDER_SETTINGS);

/** What the gateway's log must never hold: nothing in these tests is the gateway's own mistake. */
const MISHAP = /unhandled|uncaught|"level":"error"|internal_error/i;
/** What the runtime says of the connections that the simulator breaks when a test asks for it. */
const SCRIPTED = /Uncaught Error: Network connection lost\./g;
/**
 * What it says of the stand-in for Workers AI when a call has ended and its abort signal is still held: no request
 * hangs.
 */
const STAND_IN = /Uncaught Error: The Workers runtime canceled this request because it detected/g;

/** The simulated vendors' books. */
export interface Billing extends Bill {
	readonly total_nano_usd: number;
	readonly providers: Record<string, { readonly models: Record<string, Bill & { readonly nano_usd: number }> }>;
}

interface Bill {
	/** Answers that were billed. */
	readonly requests: number;
	readonly unbilled: number;
}

interface Settings {
	/** Settings of providers. */
	readonly env?: Record<string, string>;
	readonly state?: string | undefined;
	readonly minuteMs?: number;
}

/** A `fetch` that judges every answer, for any client. */
export const judged = checked(fetch);

/** A gateway in processes of its own, with a port and state of its own. */
export class Gateway {
	readonly url: string;
	readonly state: string;
	readonly #process: ChildProcess;
	#log = "";
	#exited = false;
	#scripted = false;

	private constructor(child: ChildProcess, port: number, state: string) {
		this.#process = child;
		this.url = `http://127.0.0.1:${port}`;
		this.state = state;
		for (const pipe of [child.stdout, child.stderr]) {
			pipe?.setEncoding("utf8").on("data", (text: string) => {
				this.#log += text;
			});
		}
		const end = (): void => this.#signal("SIGKILL");
		process.once("exit", end);
		child.once("exit", () => {
			this.#exited = true;
			process.off("exit", end);
		});
	}

	/**
	 * Starts one and waits until it serves; its database is migrated. `state` takes over the directory of an earlier one;
	 * `minuteMs` is how often its jobs run, in milliseconds, and 0 leaves that to the test.
	 */
	static async start({ env = {}, state, minuteMs = 60_000 }: Settings = {}): Promise<Gateway> {
		const directory = state ?? (await migrated());
		const port = await freePort();
		const serving: Serving = { ...inject("localWorker"), port, state: directory, minuteMs };
		return Gateway.#run(["test/process/serve.ts", JSON.stringify(serving)], env, port, directory);
	}

	/**
	 * Starts one by `npm run dev`. `configured` writes into its directory what else shall be served, and returns
	 * arguments for `wrangler dev`. One that `migrates` sees to the database itself.
	 */
	static async develop({
		env = {},
		state,
		minuteMs = 60_000,
		configured = async () => [],
		migrates = false,
	}: Settings & {
		configured?: (directory: string) => Promise<readonly string[]>;
		migrates?: boolean;
	} = {}): Promise<Gateway> {
		const directory = state ?? (migrates ? await mkdtemp(PREFIX) : await migrated());
		const port = await freePort();
		const settings = {
			PORT: String(port),
			TOLLGATE_STATE: directory,
			TOLLGATE_MINUTE_MS: String(minuteMs),
			...(!migrates && { TOLLGATE_MIGRATED: "1" }),
		};
		const args = await configured(directory);
		return Gateway.#run(["scripts/dev.mjs", ...args], { ...env, ...settings }, port, directory);
	}

	static async #run(
		args: readonly string[],
		env: Record<string, string>,
		port: number,
		directory: string,
	): Promise<Gateway> {
		const inherited = Object.entries(process.env).filter(([name]) => !FOREIGN.has(name));
		const child = spawn(process.execPath, args, {
			cwd: ROOT,
			// A group of its own, so that workerd, and wrangler, go with it.
			detached: true,
			stdio: ["ignore", "pipe", "pipe"],
			env: {
				...Object.fromEntries(inherited),
				...env,
				PATH: `${path.join(ROOT, "node_modules/.bin")}${path.delimiter}${process.env.PATH}`,
				// What a killed gateway leaves behind goes when its state goes.
				TMPDIR: directory,
			},
		});
		const gateway = new Gateway(child, port, directory);
		await gateway.#ready();
		return gateway;
	}

	get log(): string {
		return this.#log;
	}

	/** The process group of all that it started. */
	get group(): number {
		return this.#process.pid ?? 0;
	}

	/** Base URL for SDKs. */
	get v1(): string {
		return `${this.url}/v1`;
	}

	/** Ends it as Ctrl-C does, removes its state, and throws when its log holds a mishap. */
	async stop(): Promise<void> {
		this.#signal("SIGTERM");
		const ended = await Promise.race([this.#gone(), pause(10_000, "late", { ref: false })]);
		if (ended === "late") await this.kill();
		await rm(this.state, { recursive: true, force: true });
		const said = this.#log.replaceAll(STAND_IN, "");
		const log = this.#scripted ? said.replaceAll(SCRIPTED, "") : said;
		if (MISHAP.test(log)) throw new Error(`the gateway's log holds a mishap:\n${this.#log}`);
	}

	/** Ends all its processes at once, as a crash does; its state stays. */
	async kill(): Promise<void> {
		this.#signal("SIGKILL");
		await this.#gone();
	}

	/** A judged call with the demo key, or with what `headers` carry. Strings go as they are, other bodies as JSON. */
	call(
		route: string,
		{ method, body, headers, signal }: { method?: string; body?: unknown; headers?: object; signal?: AbortSignal } = {},
	): Promise<Response> {
		return judged(this.url + route, {
			method: method ?? (body === undefined ? "GET" : "POST"),
			headers: { authorization: `Bearer ${DEMO_KEY}`, "content-type": "application/json", ...headers },
			...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
			...(signal && { signal }),
		});
	}

	/** A chat completion, as it came. */
	chat(body: object, init: { headers?: object; signal?: AbortSignal } = {}): Promise<Response> {
		return this.call("/v1/chat/completions", { body, ...init });
	}

	/** An admin call that must succeed; returns the answer. */
	async admin(method: string, route: string, body?: object): Promise<Record<string, unknown>> {
		const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
		const response = await this.call(`/admin${route}`, { method, headers, ...(body && { body }) });
		const text = await response.text();
		if (!response.ok) throw new Error(`${response.status} from ${method} /admin${route}: ${text}`);
		return JSON.parse(text);
	}

	/** Runs what runs by the clock, once; as if it were `at`, in milliseconds since the epoch. */
	async tick(at = Date.now()): Promise<void> {
		const response = await fetch(`${this.url}/cdn-cgi/local/scheduled?time=${at}`);
		if (!response.ok) throw new Error(`the jobs did not run: ${response.status}`);
	}

	/** Scripts the simulator's faults; none to end them. */
	async fault(...faults: object[]): Promise<void> {
		this.#scripted = true;
		const response = await this.call("/_simulator/faults", { method: "PUT", body: faults });
		if (!response.ok) throw new Error(`the simulator refused the faults: ${await response.text()}`);
	}

	/** Keeps circuits from shutting providers whose failures are to be seen, one by one. */
	async watch(...providers: readonly string[]): Promise<void> {
		const watched = { state: "observe", ttl_seconds: 86_400, reason: "every failure is to be seen" };
		for (const provider of providers) await this.admin("POST", `/circuits/${provider}/force`, watched);
	}

	/** What the simulated vendors billed. */
	async billing(): Promise<Billing> {
		return (await this.call("/_simulator/billing")).json() as never;
	}

	async #ready(): Promise<void> {
		const deadline = Date.now() + START_LIMIT_MS;
		while (Date.now() < deadline) {
			if (this.#exited) throw new Error(`the gateway ended while starting:\n${this.#log}`);
			try {
				if ((await fetch(`${this.url}/healthz`)).ok) return;
			} catch {
				// Not listening yet.
			}
			await pause(50);
		}
		await this.kill();
		throw new Error(`the gateway did not start within ${START_LIMIT_MS / 1000} s:\n${this.#log}`);
	}

	async #gone(): Promise<void> {
		if (!this.#exited) await once(this.#process, "exit");
	}

	#signal(signal: NodeJS.Signals): void {
		try {
			if (this.#process.pid !== undefined) process.kill(-this.#process.pid, signal);
		} catch {
			// The group has ended already.
		}
	}
}

/** A directory of its own with the state of a gateway that has done nothing but apply all migrations. */
async function migrated(): Promise<string> {
	const directory = await mkdtemp(PREFIX);
	await cp(inject("migratedState"), directory, { recursive: true });
	return directory;
}

/** A port that no process listens on just now. */
async function freePort(): Promise<number> {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const address = server.address();
	server.close();
	await once(server, "close");
	if (address === null || typeof address === "string") throw new Error("no port");
	return address.port;
}
