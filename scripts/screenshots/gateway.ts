// A gateway with simulated providers and a state of its own, for what is looked at in a browser.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { isTaken } from "../port.mjs";

const ROOT = path.join(import.meta.dirname, "../..");
/** Where the search for a free port begins. */
const FIRST_PORT = 8_890;

export async function freePort(): Promise<number> {
	for (let candidate = FIRST_PORT; ; candidate++) if (!(await isTaken(candidate))) return candidate;
}

export async function start(state: string, port: number): Promise<ChildProcess> {
	const child = spawn(process.execPath, ["scripts/dev.mjs"], {
		cwd: ROOT,
		// A group of its own, so that wrangler and workerd go with it.
		detached: true,
		stdio: ["ignore", "pipe", "inherit"],
		// Usage that was written into the database alone would fail the comparison with the books.
		env: { ...process.env, PORT: String(port), TOLLGATE_STATE: state, TOLLGATE_MINUTE_MS: "0" },
	});
	await once(child.stdout, "data");
	return child;
}

export async function stop(child: ChildProcess, port: number): Promise<void> {
	if (child.pid === undefined || child.exitCode !== null) return;
	process.kill(-child.pid, "SIGTERM");
	await once(child, "exit");
	while (await isTaken(port)) await new Promise((resolve) => setTimeout(resolve, 100));
}
