/** `npm run dev` on a port that another program holds. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { access } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, it } from "vitest";

const ROOT = path.join(import.meta.dirname, "../..");

let other: Server | undefined;
afterEach(() => {
	other?.closeAllConnections();
	other?.close();
});

/** Runs it until it ends; returns its code and all that it said. */
async function dev(env: Record<string, string>): Promise<{ code: number; said: string }> {
	const PATH = `${path.join(ROOT, "node_modules/.bin")}${path.delimiter}${process.env.PATH}`;
	const child = spawn(process.execPath, ["scripts/dev.mjs"], { cwd: ROOT, env: { ...process.env, PATH, ...env } });
	let said = "";
	for (const pipe of [child.stdout, child.stderr]) pipe.on("data", (data) => (said += data));
	const [code] = await once(child, "close");
	return { code, said };
}

it.each(["127.0.0.1", "::1", "0.0.0.0"])(
	"a port taken at %s is said to be taken, by whom, and how to move",
	async (host) => {
		// It answers everything as a gateway in good health would.
		other = createServer((_, response) => response.end('{"status":"ok"}')).listen(0, host);
		await once(other, "listening");
		const { port } = other.address() as AddressInfo;
		const state = path.join(tmpdir(), `tollgate-taken-${port}`);

		const { code, said } = await dev({ PORT: String(port), TOLLGATE_STATE: state });
		expect(code).toBe(1);
		expect(said).toContain(`Port ${port} is taken by `);
		expect(said).toMatch(new RegExp(`taken by (another program|.+ \\(process ${process.pid}\\))\\.`));
		expect(said).toContain(`PORT=${port + 1} npm run dev`);
		expect(said).not.toContain("Tollgate is running");
		// Nothing was started: no migration has made a database.
		await expect(access(state)).rejects.toThrow("ENOENT");
	},
);

it.each([
	["PORT", "abc"],
	["PORT", "65536"],
	["PORT", "0"],
	["TOLLGATE_MINUTE_MS", "1.5"],
])("%s=%s is refused with what it may be", async (name, value) => {
	const { code, said } = await dev({ [name]: value });
	expect(code).toBe(1);
	expect(said).toMatch(
		new RegExp(`^${name} must be a whole number from \\d to \\d+, like ${name}=\\d+; it is "${value}"`),
	);
});
