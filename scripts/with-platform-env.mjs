// Runs a command with wrangler's look-ups outside this machine turned off, so that everything works without a network.
// The settings are not in .env because wrangler would turn them into bindings of the Worker.
import { spawn } from "node:child_process";

const [command, ...args] = process.argv.slice(2);
if (command === undefined) throw new Error("with-platform-env.mjs needs a command to run");
const child = spawn(command, args, {
	stdio: "inherit",
	env: { ...process.env, WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" },
});
child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
