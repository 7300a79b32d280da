/** What is measured: the gateways, and what they are compared with. */
import type { ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { unstable_readConfig } from "wrangler";
import { freePort, listening, run, start } from "./processes.ts";
import { type ServedWorker, type ServeOptions, serve } from "./workerd.ts";

const ROOT = path.join(import.meta.dirname, "..");
const PORTKEY = path.join(import.meta.dirname, "node_modules/@portkey-ai/gateway");
const PATH = "/v1/chat/completions";
const UPSTREAM_KEY = "sk-loopback-upstream";

/** Made for one run on this machine, in a state that the run deletes. */
const SECRETS = {
	ADMIN_TOKEN: "bench-admin-token-of-one-run",
	KEY_PEPPER: "bench-pepper-of-one-run-32-characters",
	CREDENTIALS_SECRET: "bench-credentials-secret-32-characters",
};

/** Where a chat completion is posted, with which headers. */
export interface Target {
	readonly name: string;
	readonly url: string;
	readonly headers: Readonly<Record<string, string>>;
	/** The process whose processor time counts, if any. */
	readonly pid: number | null;
}

/** Tollgate, and besides: the admin API, read where there is no body, and SQL on the registry's database. */
export interface TollgateTarget extends Target {
	readonly pid: number;
	readonly admin: <Answer>(route: string, body?: object) => Promise<Answer>;
	readonly query: <Answer>(sql: string) => Promise<Answer>;
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

export function direct(upstream: string): Target {
	return { name: "direct", url: upstream + PATH, headers: { authorization: `Bearer ${UPSTREAM_KEY}` }, pid: null };
}

export async function bare(
	upstream: string,
	directory: string,
	{ compatibilityDate, compatibilityFlags }: Runtime,
): Promise<Target> {
	const { child, url } = await serve(
		{
			main: path.join(import.meta.dirname, "workers/bare-proxy.js"),
			compatibilityDate,
			compatibilityFlags,
			variables: { UPSTREAM: upstream },
		},
		directory,
	);
	return { name: "bare", url: url + PATH, headers: { authorization: `Bearer ${UPSTREAM_KEY}` }, pid: pidOf(child) };
}

/** The least that a gateway with budgets can do here. */
export async function floor(
	upstream: string,
	directory: string,
	{ compatibilityDate, compatibilityFlags }: Runtime,
): Promise<Target> {
	const { child, url } = await serve(
		{
			main: path.join(import.meta.dirname, "workers/floor.js"),
			compatibilityDate,
			compatibilityFlags,
			variables: { UPSTREAM: upstream },
			objects: [{ binding: "LEDGERS", className: "Ledger" }],
		},
		directory,
	);
	return { name: "floor", url: url + PATH, headers: { authorization: `Bearer ${UPSTREAM_KEY}` }, pid: pidOf(child) };
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
	const { child, url, databaseUrls } = await serve(
		{
			...worker,
			main: path.join(bundle, "index.js"),
			variables: {
				...worker.variables,
				...SECRETS,
				OPENAI_API_KEY: UPSTREAM_KEY,
				OPENAI_BASE_URL: `${upstream}/v1`,
				...variables,
			},
		},
		directory,
		options,
	);
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
	const team = await admin<{ id: string }>("/teams", { name: "bench" });
	const { key } = await admin<{ key: string }>("/keys", { team_id: team.id, name: "bench" });
	return {
		name: "tollgate",
		url: url + PATH,
		headers: { authorization: `Bearer ${key}` },
		pid: pidOf(child),
		admin,
		query,
	};
}

/** Portkey's gateway as its README starts it, by the program behind `npx @portkey-ai/gateway`. */
export async function portkey(upstream: string, directory: string): Promise<Target> {
	const port = await freePort();
	const log = path.join(directory, "portkey.log");
	const child = start(process.execPath, [path.join(PORTKEY, "build/start-server.js"), `--port=${port}`], { log });
	await listening(port, child, log);
	return {
		name: "portkey",
		url: `http://127.0.0.1:${port}${PATH}`,
		headers: {
			authorization: `Bearer ${UPSTREAM_KEY}`,
			"x-portkey-provider": "openai",
			"x-portkey-custom-host": `${upstream}/v1`,
		},
		pid: pidOf(child),
	};
}

function pidOf({ pid }: ChildProcess): number {
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
