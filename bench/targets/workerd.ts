/**
 * Serves a Worker directly with workerd, without the two processes and the proxy that `wrangler dev` puts in front.
 * The configuration is written by hand because the one that workerd derives from a wrangler file may only reach public
 * addresses, and everything here is on 127.0.0.1.
 */
import type { ChildProcess } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { freePort, listening, start } from "../processes/processes.ts";

const WORKERD = path.join(import.meta.dirname, "../node_modules/workerd-bench/bin/workerd");

/** A Cap'n Proto text literal; its escapes are those of JSON for all that occurs here. */
const text = (value: string): string => JSON.stringify(value);
const list = (items: readonly string[]): string => `[${items.join(", ")}]`;

/** A service that plays KV or D1, from the Worker that workerd carries for it, with its state under `directory`. */
function platformService(name: string, className: string, binding: string, directory: string): string[] {
	const bindings = [`(name = ${text(binding)}, durableObjectNamespace = ${text(className)})`];
	const services = [disk(`${name}-disk`, path.join(directory, name))];
	if (name === "kv") {
		bindings.push(`(name = "BLOBS", service = "kv-blobs")`);
		services.push(disk("kv-blobs", path.join(directory, name, "blobs")));
	}
	services.push(`(name = ${text(name)}, worker = (
		modules = [(name = "index.js", bundled = ${text(`/workerd/${name}.js`)})],
		compatibilityDate = "2026-01-01",
		bindings = ${list(bindings)},
		durableObjectNamespaces = [(className = ${text(className)}, uniqueKey = ${text(className)}, enableSql = true)],
		durableObjectStorage = (localDisk = ${text(`${name}-disk`)}),
	))`);
	return services;
}

function disk(name: string, directory: string): string {
	mkdirSync(directory, { recursive: true });
	return `(name = ${text(name)}, disk = (path = ${text(directory)}, writable = true))`;
}

/** A reference to a service that tells it which namespace or database is meant. */
const part = (service: string, properties: object): string =>
	`(name = ${text(service)}, props = (json = ${text(JSON.stringify(properties))}))`;

/** A Worker to serve. */
export interface ServedWorker {
	/** The path of its main module. */
	readonly main: string;
	/** Paths of further modules, which it imports as its neighbours. */
	readonly modules?: readonly string[];
	readonly compatibilityDate: string;
	readonly compatibilityFlags: readonly string[];
	readonly variables: Readonly<Record<string, string>>;
	readonly objects?: readonly { readonly binding: string; readonly className: string }[];
	/** Bindings of KV. */
	readonly namespaces?: readonly string[];
	/** Bindings of D1. */
	readonly databases?: readonly string[];
}

export interface ServeOptions {
	/** Where the inspector listens, as `host:port`; nowhere when absent. */
	readonly inspector?: string;
}

/**
 * Starts workerd with one Worker. State lies in `directory`. Resolves to the process, the Worker's `url`, and the
 * `databaseUrls` by binding, which take `POST /query {"sql"}`.
 */
export async function serve(
	worker: ServedWorker,
	directory: string,
	{ inspector }: ServeOptions = {},
): Promise<{ child: ChildProcess; url: string; databaseUrls: Record<string, string> }> {
	const { modules = [], objects = [], namespaces = [], databases = [] } = worker;
	const embedded = [
		`(name = "index.js", esModule = embed "main.js")`,
		...modules
			.map((file) => path.basename(file))
			.map((name) => `(name = ${text(name)}, esModule = embed ${text(name)})`),
	];
	const services = [`(name = "internet", network = (allow = ["local"]))`];
	if (namespaces.length > 0) services.push(...platformService("kv", "KVNamespace", "SHARD", directory));
	if (databases.length > 0) services.push(...platformService("d1", "D1Database", "DATABASE", directory));
	if (objects.length > 0) services.push(disk("objects", path.join(directory, "objects")));
	const bindings = [
		...Object.entries(worker.variables).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`),
		...objects.map(
			({ binding, className }) => `(name = ${text(binding)}, durableObjectNamespace = ${text(className)})`,
		),
		...namespaces.map((name) => `(name = ${text(name)}, kvNamespace = ${part("kv", { namespace: name })})`),
		...databases.map(
			(name) =>
				`(name = ${text(name)}, wrapped = (moduleName = "cloudflare-internal:d1-api", innerBindings = [
				(name = "fetcher", service = ${part("d1", { database: name })})]))`,
		),
	];
	services.push(`(name = "main", worker = (
		modules = ${list(embedded)},
		compatibilityDate = ${text(worker.compatibilityDate)},
		compatibilityFlags = ${list(worker.compatibilityFlags.map(text))},
		bindings = ${list(bindings)},
		durableObjectNamespaces = ${list(
			objects.map(({ className: name }) => `(className = ${text(name)}, uniqueKey = ${text(name)}, enableSql = true)`),
		)},
		${objects.length > 0 ? `durableObjectStorage = (localDisk = "objects"),` : ""}
	))`);

	const port = await freePort();
	const databasePorts: Record<string, number> = {};
	for (const name of databases) databasePorts[name] = await freePort();
	const sockets = [
		`(name = "main", address = "127.0.0.1:${port}", http = (), service = "main")`,
		...Object.entries(databasePorts).map(
			([name, at]) =>
				`(name = ${text(name)}, address = "127.0.0.1:${at}", http = (), service = ${part("d1", { database: name })})`,
		),
	];

	mkdirSync(directory, { recursive: true });
	// An embedded path is relative to the configuration file, even when it starts with a slash.
	copyFileSync(worker.main, path.join(directory, "main.js"));
	for (const file of modules) copyFileSync(file, path.join(directory, path.basename(file)));
	const file = path.join(directory, "config.capnp");
	writeFileSync(
		file,
		`using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
	services = [\n\t${services.join(",\n\t")}\n\t],
	sockets = [\n\t${sockets.join(",\n\t")}\n\t],
);
`,
	);
	const log = path.join(directory, "workerd.log");
	const inspect = inspector === undefined ? [] : ["--inspector-addr", inspector];
	const child = start(WORKERD, ["serve", "--experimental", ...inspect, file], { log, cwd: directory });
	await listening(port, child, log);
	const databaseUrls = Object.fromEntries(
		Object.entries(databasePorts).map(([name, at]) => [name, `http://127.0.0.1:${at}`]),
	);
	return { child, url: `http://127.0.0.1:${port}`, databaseUrls };
}
