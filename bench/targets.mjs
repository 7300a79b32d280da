/**
 * What is measured. Each target is `{name, url, headers, pid}`: where a chat completion is posted, with which headers,
 * and the process whose processor time counts, if any.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { unstable_readConfig } from "wrangler";
import { freePort, listening, run, start } from "./processes.mjs";
import { serve } from "./workerd.mjs";

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

export function direct(upstream) {
	return { name: "direct", url: upstream + PATH, headers: { authorization: `Bearer ${UPSTREAM_KEY}` }, pid: null };
}

export async function bare(upstream, directory, { compatibilityDate, compatibilityFlags }) {
	const { child, url } = await serve(
		{
			main: path.join(import.meta.dirname, "bare-proxy.js"),
			compatibilityDate,
			compatibilityFlags,
			variables: { UPSTREAM: upstream },
		},
		directory,
	);
	return { name: "bare", url: url + PATH, headers: { authorization: `Bearer ${UPSTREAM_KEY}` }, pid: child.pid };
}

/** The least that a gateway with budgets can do here. */
export async function floor(upstream, directory, { compatibilityDate, compatibilityFlags }) {
	const { child, url } = await serve(
		{
			main: path.join(import.meta.dirname, "floor.js"),
			compatibilityDate,
			compatibilityFlags,
			variables: { UPSTREAM: upstream },
			objects: [{ binding: "LEDGERS", className: "Ledger" }],
		},
		directory,
	);
	return { name: "floor", url: url + PATH, headers: { authorization: `Bearer ${UPSTREAM_KEY}` }, pid: child.pid };
}

/** Tollgate's production settings, as `wrangler deploy` would take them. */
export function productionConfig() {
	const config = unstable_readConfig({ config: path.join(ROOT, "wrangler.toml") }, { hideWarnings: true });
	return {
		migrations: path.join(ROOT, config.d1_databases[0].migrations_dir),
		worker: {
			compatibilityDate: config.compatibility_date,
			compatibilityFlags: config.compatibility_flags,
			variables: config.vars,
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
 * are further settings. What is returned has besides: `admin`, which posts to the admin API or, without a body, reads it;
 * and `query`, which runs SQL on the registry's database.
 */
export async function tollgate(upstream, directory, { variables = {}, ...options } = {}) {
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
	const [registry] = worker.databases;
	const query = (sql) => call("POST", `${databaseUrls[registry]}/query`, {}, { sql });
	for (const name of readdirSync(migrations).sort()) await query(readFileSync(path.join(migrations, name), "utf8"));
	const admin = (route, body) =>
		call(
			body === undefined ? "GET" : "POST",
			`${url}/admin${route}`,
			{ authorization: `Bearer ${SECRETS.ADMIN_TOKEN}` },
			body,
		);
	const team = await admin("/teams", { name: "bench" });
	const { key } = await admin("/keys", { team_id: team.id, name: "bench" });
	return {
		name: "tollgate",
		url: url + PATH,
		headers: { authorization: `Bearer ${key}` },
		pid: child.pid,
		admin,
		query,
	};
}

/** Portkey's gateway as its README starts it, by the program behind `npx @portkey-ai/gateway`. */
export async function portkey(upstream, directory) {
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
		pid: child.pid,
	};
}

async function call(method, url, headers, body) {
	const response = await fetch(url, {
		method,
		headers: { "content-type": "application/json", ...headers },
		...(body !== undefined && { body: JSON.stringify(body) }),
	});
	const answer = await response.text();
	if (!response.ok) throw new Error(`${method} ${new URL(url).pathname}: ${response.status} ${answer}`);
	return JSON.parse(answer);
}
