// A gateway of the local environment as a process of its own, from the bundle that was made once for all tests: what
// `npm run dev` serves, without the development server, which takes twice as long to start and stands before each
// request.
import path from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { PROVIDER_SETTINGS } from "#providers/built-in-providers";
import { runMinutes } from "#scripts/minute";

/** What wrangler.toml says of a Worker, as the runtime takes it. */
export type WorkerSettings = object & { readonly bindings?: object };

/** What a gateway's test hands over, as JSON in the first argument. */
export interface Serving {
	readonly port: number;
	readonly bundle: string;
	readonly settings: WorkerSettings;
	/** The directory below which all is kept. */
	readonly state: string;
	/** How often the jobs run, in milliseconds; 0 leaves it to the test. */
	readonly minuteMs: number;
}

const { port, bundle, settings, state, minuteMs }: Serving = JSON.parse(process.argv[2] ?? "");
const given = PROVIDER_SETTINGS.flatMap((name) => {
	const value = process.env[name];
	return value === undefined ? [] : [[name, value] as const];
});
const runtime = new Miniflare(
	convertV4MiniflareOptions({
		...settings,
		name: "tollgate-local",
		rootPath: bundle,
		modules: [{ type: "ESModule", path: path.join(bundle, "entry.js") }],
		bindings: { ...settings.bindings, ...Object.fromEntries(given) },
		port,
		resourcePersistencePath: path.join(state, "v3"),
		unsafeTriggerHandlers: true,
		logRequests: false,
		log: new Log(LogLevel.ERROR),
		handleStructuredLogs: ({ message }) => void process.stdout.write(`${message}\n`),
	}),
);
process.on("SIGTERM", () => void runtime.dispose().then(() => process.exit(0)));
await runtime.ready;
if (minuteMs > 0) await runMinutes(`http://127.0.0.1:${port}`, minuteMs);
