// `npm run dev`: applies migrations to the local database, starts the local environment, says how to call it and keeps
// its clock. PORT moves it (default 8787); TOLLGATE_STATE moves its state (default .wrangler/state).
// TOLLGATE_MIGRATED=1 says that the database of the state has all migrations, which takes a second or two to find out.
// TOLLGATE_MINUTE_MS is how often its jobs run, in milliseconds (default 60000; 0 leaves it to you to run them).
// WRANGLER_LOG=log shows the log too, with a line per request.
// Arguments go to `wrangler dev`.
// Provider settings come from the shell or, where the shell says nothing, from .dev.vars.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseEnv } from "node:util";
import { PROVIDER_SETTINGS } from "../src/providers/built-in-providers.ts";
import { runMinutes } from "./minute.ts";
import { holderOf, isTaken } from "./port.mjs";

const MINUTE_MS = 60_000;
const MAX_PORT = 65_535;

const port = setting("PORT", 8787, 1, MAX_PORT);
const minuteMs = setting("TOLLGATE_MINUTE_MS", MINUTE_MS, 0, MINUTE_MS);
if (await isTaken(port)) {
	const free = port < MAX_PORT ? port + 1 : port - 1;
	fail(`Port ${port} is taken by ${holderOf(port)}. Stop that, or move this server: PORT=${free} npm run dev`);
}
const state = process.env.TOLLGATE_STATE ?? ".wrangler/state";

const env = {
	...process.env,
	// No look-ups outside this machine.
	WRANGLER_SEND_METRICS: "false",
	CLOUDFLARE_CF_FETCH_ENABLED: "false",
};

// wrangler knows no precedence of the shell over .dev.vars, so it gets one file with the outcome.
const secrets = mkdtempSync(path.join(tmpdir(), "tollgate-"));
process.on("exit", () => rmSync(secrets, { recursive: true, force: true }));
const settings = existsSync(".dev.vars") ? parseEnv(readFileSync(".dev.vars", "utf8")) : {};
for (const name of PROVIDER_SETTINGS) if (process.env[name] !== undefined) settings[name] = process.env[name];
const settingsFile = path.join(secrets, "settings.env");
const lines = Object.entries(settings).map(([name, value]) => (value ? `${name}=${quoted(value)}\n` : ""));
writeFileSync(settingsFile, lines.join(""), { mode: 0o600 });

if (process.env.TOLLGATE_MIGRATED !== "1") {
	await run(process.execPath, [path.join(import.meta.dirname, "migrate.ts"), state]);
}
const server = spawn(
	"wrangler",
	[
		"dev",
		...["--env", "local", "--port", String(port), "--inspector-port", "0", "--persist-to", state],
		...[
			"--env-file",
			settingsFile,
			"--log-level",
			process.env.WRANGLER_LOG ?? "error",
			"--show-interactive-dev-session=false",
		],
		...process.argv.slice(2),
	],
	{ stdio: ["inherit", "inherit", "inherit", "ipc"], env },
);
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
	process.on(signal, () => server.kill(signal));
}
server.on("exit", (code) => process.exit(code ?? 0));
await ready();
console.log(`
Tollgate is running.

  URL          http://localhost:${port}
  API key      test-key-123
  Admin token  tollgate-dev-admin

Providers without a key are played by a simulator. Try:

  curl -X POST http://localhost:${port}/v1/chat/completions -H "Content-Type: application/json" -H "x-api-key: test-key-123" \\
    -d '{"provider":"openai","messages":[{"role":"user","content":"Hello AI!"}]}'
`);
if (minuteMs > 0) await runMinutes(`http://localhost:${port}`, minuteMs);

/**
 * In the quotes that occur in the value least; dotenv files know no escapes.
 * @param {string} value
 */
function quoted(value) {
	const quote = ["'", '"', "`"].find((candidate) => !value.includes(candidate));
	return `${quote ?? ""}${value}${quote ?? ""}`;
}

/**
 * Runs a command quietly; shows what it said only when it fails.
 * @param {string} command
 * @param {string[]} args
 */
async function run(command, args) {
	const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env });
	let output = "";
	for (const pipe of [child.stdout, child.stderr]) pipe.on("data", (data) => (output += data));
	const code = await new Promise((resolve) => child.on("exit", resolve));
	if (code !== 0) {
		console.error(output);
		process.exit(1);
	}
}

/** Waits until the server that was started here says that it listens: another one's answer would prove nothing. */
function ready() {
	return new Promise((resolve) => {
		server.on("message", (message) => {
			if (String(message).includes('"DEV_SERVER_READY"')) resolve(undefined);
		});
	});
}

/**
 * A whole number from the shell; ends the process when it is none or out of bounds.
 * @param {string} name
 * @param {number} byDefault
 * @param {number} least
 * @param {number} most
 */
function setting(name, byDefault, least, most) {
	const text = process.env[name];
	if (text === undefined || text === "") return byDefault;
	const value = Number(text);
	if (/^\d+$/.test(text) && value >= least && value <= most) return value;
	return fail(`${name} must be a whole number from ${least} to ${most}, like ${name}=${byDefault}; it is "${text}".`);
}

/**
 * Says what is wrong and ends the process before anything was started.
 * @param {string} problem
 * @returns {never}
 */
function fail(problem) {
	console.error(problem);
	process.exit(1);
}
