/** What is measured: the gateways, and what they are compared with. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { unstable_readConfig } from "wrangler";
import type { Call } from "../processes/load.ts";
import { freePort, listening, run, start } from "../processes/processes.ts";
import { CHAT_MODEL, MESSAGES_MODEL, requestBody } from "../rows/exchange.ts";
import { MODES, type Mode, type Protocol } from "../rows/modes.ts";
import { type ServedWorker, type ServeOptions, serve } from "./workerd.ts";

const ROOT = path.join(import.meta.dirname, "../..");
const WORKERS = path.join(import.meta.dirname, "../workers");
const PORTKEY = path.join(import.meta.dirname, "../node_modules/@portkey-ai/gateway");
const PATHS: Readonly<Record<Protocol, string>> = {
	chat: "/v1/chat/completions",
	messages: "/v1/messages",
	responses: "/v1/responses",
};
/** What is asked of an upstream by its protocol, where a target does not name its models otherwise. */
const MODELS: Readonly<Record<Protocol, string>> = {
	chat: CHAT_MODEL,
	messages: MESSAGES_MODEL,
	responses: CHAT_MODEL,
};
export const PATH = PATHS.chat;
const UPSTREAM_KEY = "sk-loopback-upstream";
const UPSTREAM_HEADERS = { authorization: `Bearer ${UPSTREAM_KEY}` };

/** Made for one run on this machine, in a state that the run deletes. */
const SECRETS = {
	ADMIN_TOKEN: "bench-admin-token-of-one-run",
	KEY_PEPPER: "bench-pepper-of-one-run-32-characters",
	CREDENTIALS_SECRET: "bench-credentials-secret-32-characters",
};

/** Where and how a target is asked. */
interface Entrance {
	readonly url: string;
	readonly headers: Readonly<Record<string, string>>;
	/** What it calls the upstream's model, where that is not the model's own name. */
	readonly model?: string;
}

interface OtherEntrance extends Entrance {
	/** What it is spoken to in. */
	readonly protocol: Protocol;
}

/** What is measured: where a chat completion is posted, with which headers. */
export interface Target extends Entrance {
	readonly name: string;
	/** What it had on, as the report says it. */
	readonly has: string;
	/** Where it is asked in the modes that are not in chat completions on both sides; null or absent if it takes no part. */
	readonly other?: (caller: Protocol, upstream: Protocol) => OtherEntrance | null;
	/** That it takes part in streams only. */
	readonly streamsOnly?: boolean;
	/** The process whose processor time counts, if any. */
	readonly pid: number | null;
}

/** What a target is sent in a mode; null for a mode in which it takes no part. */
export function callOf(target: Target, mode: Mode): Call | null {
	const { stream, caller, upstream } = MODES[mode];
	if (target.streamsOnly && !stream) return null;
	const isChat = caller === "chat" && upstream === "chat";
	const entrance = isChat ? { ...target, protocol: caller } : target.other?.(caller, upstream);
	if (!entrance) return null;
	const { url, headers, model = MODELS[upstream], protocol } = entrance;
	return { url, headers, body: requestBody(mode, model, protocol), streamed: stream, protocol };
}

/** Tollgate, and besides: the admin API, read where there is no body, and SQL on the registry's database. */
export interface TollgateTarget extends Target {
	readonly pid: number;
	readonly admin: <Answer>(route: string, body?: object) => Promise<Answer>;
	readonly query: <Answer>(sql: string) => Promise<Answer>;
	/** Ends its process and starts another on the same state, at another address. */
	readonly restart: () => Promise<{ readonly url: string; readonly pid: number }>;
}

/** What is read of wrangler's settings. Its own type is of a package that it does not bring, so it says nothing. */
interface WranglerConfig {
	readonly compatibility_date?: string;
	readonly compatibility_flags: readonly string[];
	readonly vars: Readonly<Record<string, unknown>>;
	readonly durable_objects: { readonly bindings: readonly { readonly name: string; readonly class_name: string }[] };
	readonly kv_namespaces: readonly { readonly binding: string }[];
	readonly d1_databases: readonly { readonly binding: string; readonly migrations_dir?: string }[];
}

type Runtime = Pick<ServedWorker, "compatibilityDate" | "compatibilityFlags">;

/** What passes requests on unread is asked in the upstream's own protocol. */
function untranslated(origin: string): Pick<Target, "url" | "headers" | "other"> {
	return {
		url: origin + PATHS.chat,
		headers: UPSTREAM_HEADERS,
		other: (_, upstream) => ({ url: origin + PATHS[upstream], headers: UPSTREAM_HEADERS, protocol: upstream }),
	};
}

export function direct(upstream: string): Target {
	return { name: "direct", has: "nothing between", ...untranslated(upstream), pid: null };
}

export async function bare(upstream: string, directory: string, runtime: Runtime): Promise<Target> {
	const main = path.join(WORKERS, "bare-proxy.js");
	const { child, url } = await serve({ ...runtime, main, variables: { UPSTREAM: upstream } }, directory);
	return { name: "bare", has: "a Worker that passes all on unread", ...untranslated(url), pid: pidOf(child) };
}

/** What the prototypes of `workers/` are for. Each asks one object before the call; most tell it of the end. */
const PROTOTYPES = {
	calls: "all that a gateway with books asks the platform for, and next to nothing of its own",
	least: "one object, which is told of no end; all passed on in its own text, streams unread",
	floor: "one object, each event parsed and written again",
	pass: "one object, each piece passed on in JavaScript, unparsed",
	pipe: "one object, streams piped by the runtime, a copy looked at twice a second",
} as const;

/** A prototype of a gateway, to see what the platform leaves to a real one. */
export async function prototype(
	name: keyof typeof PROTOTYPES,
	upstream: string,
	directory: string,
	runtime: Runtime,
): Promise<Target> {
	const { child, url } = await serve(
		{
			...runtime,
			main: path.join(WORKERS, `${name}.js`),
			modules: [path.join(WORKERS, "ledger.js")],
			variables: { UPSTREAM: upstream },
			objects: [{ binding: "LEDGERS", className: "Ledger" }],
		},
		directory,
	);
	const { other, ...chat } = untranslated(url);
	const passes = name === "pass" || name === "pipe";
	const relayed: Target["other"] = (caller, upstream) =>
		caller === upstream ? (other?.(caller, upstream) ?? null) : null;
	const has = PROTOTYPES[name];
	return { name, has, ...chat, streamsOnly: passes, ...(passes && { other: relayed }), pid: pidOf(child) };
}

/** Tollgate's production settings, as `wrangler deploy` would take them. */
export function productionConfig(): { migrations: string; worker: Omit<ServedWorker, "main"> } {
	const config: WranglerConfig = unstable_readConfig(
		{ config: path.join(ROOT, "wrangler.toml") },
		{ hideWarnings: true },
	);
	const [registry] = config.d1_databases;
	if (registry?.migrations_dir === undefined || config.compatibility_date === undefined) {
		throw new Error("wrangler.toml names no migrations or no compatibility date");
	}
	return {
		migrations: path.join(ROOT, registry.migrations_dir),
		worker: {
			compatibilityDate: config.compatibility_date,
			compatibilityFlags: config.compatibility_flags,
			variables: Object.fromEntries(Object.entries(config.vars).map(([name, value]) => [name, String(value)])),
			objects: config.durable_objects.bindings.map(({ name, class_name }) => ({
				binding: name,
				className: class_name,
			})),
			namespaces: config.kv_namespaces.map(({ binding }) => binding),
			databases: config.d1_databases.map(({ binding }) => binding),
		},
	};
}

/**
 * Bundles Tollgate for production and serves that bundle; then makes a team and a key as an operator would. `variables`
 * are further settings.
 */
export async function tollgate(
	upstream: string,
	directory: string,
	{ variables = {}, ...options }: ServeOptions & { variables?: Record<string, string> } = {},
): Promise<TollgateTarget> {
	const { worker, migrations } = productionConfig();
	const bundle = path.join(directory, "bundle");
	await run("wrangler", ["deploy", "--dry-run", "--outdir", bundle], {
		cwd: ROOT,
		env: { WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" },
	});
	const served: ServedWorker = {
		...worker,
		main: path.join(bundle, "index.js"),
		variables: {
			...worker.variables,
			...SECRETS,
			OPENAI_API_KEY: UPSTREAM_KEY,
			OPENAI_BASE_URL: `${upstream}/v1`,
			ANTHROPIC_API_KEY: UPSTREAM_KEY,
			ANTHROPIC_BASE_URL: `${upstream}/v1`,
			...variables,
		},
	};
	let { child, url, databaseUrls } = await serve(served, directory, options);
	const [registry = ""] = worker.databases ?? [];
	const query = <Answer>(sql: string) => call<Answer>("POST", `${databaseUrls[registry]}/query`, {}, { sql });
	for (const name of readdirSync(migrations).sort()) await query(readFileSync(path.join(migrations, name), "utf8"));
	const admin = <Answer>(route: string, body?: object) =>
		call<Answer>(
			body === undefined ? "GET" : "POST",
			`${url}/admin${route}`,
			{ authorization: `Bearer ${SECRETS.ADMIN_TOKEN}` },
			body,
		);
	return {
		name: "tollgate",
		has: "everything but budgets and limits",
		...(await keyOf(admin, url, {})),
		pid: pidOf(child),
		admin,
		query,
		restart: async () => {
			child.kill();
			await once(child, "exit");
			({ child, url, databaseUrls } = await serve(served, directory, options));
			return { url, pid: pidOf(child) };
		},
	};
}

type Admin = TollgateTarget["admin"];

/** Makes a team and a key of it. Resolves to how that key is presented. */
async function keyOf(
	admin: Admin,
	origin: string,
	{ ofTeam = {}, ofKey = {} }: { ofTeam?: object; ofKey?: object },
): Promise<Pick<Target, "url" | "headers" | "other">> {
	const team = await admin<{ id: string }>("/teams", { name: "bench", ...ofTeam });
	const { key } = await admin<{ key: string }>("/keys", { team_id: team.id, name: "bench", ...ofKey });
	const headers = { authorization: `Bearer ${key}` };
	return {
		url: origin + PATH,
		headers,
		other: (caller, upstream) => ({
			url: origin + PATHS[caller],
			headers,
			model: `${upstream === "messages" ? "anthropic" : "openai"}/${MODELS[upstream]}`,
			protocol: caller,
		}),
	};
}

/** The same Tollgate through a key with two budgets and three limits, of a team with a budget; none of them is reached. */
export async function governed(plain: TollgateTarget): Promise<Target> {
	const budget = (window: string): object => ({ limit_usd: "1000000", window });
	const entrances = await keyOf(plain.admin, new URL(plain.url).origin, {
		ofTeam: { budgets: [budget("month")] },
		ofKey: {
			budgets: [budget("day"), budget("month")],
			limits: { requests_per_minute: 1_000_000, tokens_per_minute: 1_000_000_000, concurrent_requests: 10_000 },
		},
	});
	const has = "everything, with two budgets and three limits on the key and a budget on its team";
	return { name: "governed", has, ...entrances, pid: plain.pid };
}

/** Portkey's gateway as its README starts it, by the program behind `npx @portkey-ai/gateway`. */
export async function portkey(upstream: string, directory: string): Promise<Target> {
	const port = await freePort();
	const log = path.join(directory, "portkey.log");
	const child = start(process.execPath, [path.join(PORTKEY, "build/start-server.js"), `--port=${port}`], { log });
	await listening(port, child, log);
	const entrance = (provider: string) => ({
		url: `http://127.0.0.1:${port}${PATH}`,
		headers: {
			...UPSTREAM_HEADERS,
			"x-portkey-provider": provider,
			"x-portkey-custom-host": `${upstream}/v1`,
		},
	});
	return {
		name: "portkey",
		has: "nothing: no keys, limits, cost or log",
		...entrance("openai"),
		other: (caller, upstream) =>
			caller === "chat" && upstream === "messages" ? { ...entrance("anthropic"), protocol: "chat" } : null,
		pid: pidOf(child),
	};
}

/** The process that is measured. Throws if it did not start. */
export function pidOf({ pid }: ChildProcess): number {
	if (pid === undefined) throw new Error("a process that should be measured did not start");
	return pid;
}

async function call<Answer>(
	method: string,
	url: string,
	headers: Record<string, string>,
	body?: object,
): Promise<Answer> {
	const response = await fetch(url, {
		method,
		headers: { "content-type": "application/json", ...headers },
		...(body !== undefined && { body: JSON.stringify(body) }),
	});
	const answer = await response.text();
	if (!response.ok) throw new Error(`${method} ${new URL(url).pathname}: ${response.status} ${answer}`);
	return JSON.parse(answer);
}
