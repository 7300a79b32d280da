// Who may import whom. A room is a folder; what it imports, it knows. Reads from the top: what stands lower knows more.

export interface Room {
	/** Files whose path begins so belong to it; the longest that fits decides. */
	readonly path: string;
	/** Rooms that it may import beside itself. */
	readonly knows: readonly string[];
	/** What it may import of the platform and of packages. */
	readonly packages?: readonly string[];
}

const BASE = ["src/lib", "src/core"];
const DATA = [...BASE, "src/catalog", "src/metering"];

export const ROOMS: readonly Room[] = [
	{ path: "src/lib", knows: [], packages: ["node:buffer"] },
	{ path: "src/core", knows: ["src/lib"], packages: ["valibot"] },
	{ path: "src/catalog", knows: BASE, packages: ["valibot"] },
	{ path: "src/metering", knows: [...BASE, "src/catalog"], packages: ["tokenx", "valibot"] },
	// What depends on what is asked for, and on nothing of who answers or how it is asked.
	{ path: "src/operations", knows: DATA },
	{ path: "src/providers", knows: [...BASE, "src/catalog", "src/operations", "src/env.ts"], packages: ["valibot"] },
	{ path: "src/router", knows: [...DATA, "src/operations", "src/providers"] },
	{ path: "src/faces", knows: [...DATA, "src/operations", "src/router"], packages: ["valibot"] },
	// What an object's callers say to it is typed where objects are.
	{ path: "src/objects", knows: [...BASE, "src/env.ts", "durable-objects/shared"] },
	{ path: "src/store", knows: [...DATA, "src/env.ts"], packages: ["valibot", "node:crypto"] },
	{
		path: "src/gateway",
		knows: [
			...DATA,
			...["src/operations", "src/providers", "src/router", "src/objects", "src/store", "src/env.ts", "src/config.ts"],
		],
		packages: ["node:crypto", "valibot"],
	},
	{ path: "src/alerts", knows: [...DATA, "src/objects", "src/store", "src/gateway", "src/env.ts"] },
	{
		path: "src/jobs",
		knows: [...BASE, "src/objects", "src/store", "src/alerts", "src/gateway", "src/env.ts", "src/config.ts"],
	},
	{
		path: "src/http",
		knows: [
			...DATA,
			...["src/providers", "src/router", "src/faces", "src/objects", "src/store", "src/gateway", "src/alerts"],
			...["src/env.ts", "src/config.ts", "src/version.ts"],
		],
		packages: ["itty-router", "valibot", "@valibot/to-json-schema", "node:crypto"],
	},
	{ path: "src/version.ts", knows: [] },
	{ path: "src/config.ts", knows: [...BASE, "src/env.ts"], packages: ["valibot"] },
	// Bindings are typed by what objects answer to, and by the settings of the built-in providers.
	{ path: "src/env.ts", knows: ["src/objects/rpc.ts", "src/providers/built-in-providers.ts"] },
	{ path: "src/index.ts", knows: ["src/http", "src/jobs", "src/gateway", "durable-objects", "src/env.ts"] },
	{
		path: "durable-objects",
		knows: [...DATA, "src/store", "src/objects", "src/env.ts"],
		packages: ["valibot", "cloudflare:workers"],
	},
	// The simulator shares data with the product but no translation: it would only agree with itself.
	{
		path: "simulator",
		knows: [...DATA, "src/env.ts", "src/store/d1", "src/store/keys"],
		packages: ["valibot", "cloudflare:workers"],
	},
	// The local entry, its isolate and the demo key wrap the whole product.
	{ path: "simulator/isolate.ts", knows: ["simulator", "src"] },
	{ path: "simulator/entry.ts", knows: ["simulator", "src", "durable-objects"] },
	{ path: "simulator/demo.ts", knows: ["simulator", "src"] },
];
