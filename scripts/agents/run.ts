/**
 * Tries agents as people use them: `npm run agents`, or `npm run agents -- codex cline` for some. Each is installed
 * from npm in its pinned version into a folder of its own below the system's temporary one, where the next run finds it, and
 * asked in an empty home and an empty folder, through a gateway with simulated providers, to read a file. The simulated
 * model calls the tool that the prompt spells out; what the file says can be in the answer only if the agent ran it.
 * Prints what each sent, and ends with 1 when one did not come through. It needs npm's registry, and takes minutes.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { PROVIDER_SETTINGS } from "../../src/providers/built-in-providers.ts";
import { isTaken } from "../port.mjs";
import { AGENTS, type Agent, type Command } from "./agents.ts";
import { type Exchange, type Recorder, record } from "./recorder.ts";

const ROOT = path.join(import.meta.dirname, "../..");
const INSTALLED = path.join(tmpdir(), "tollgate-agents");
const KEY = "test-key-123";
const MAX_INSTALL_MS = 300_000;
const MAX_ANSWER_MS = 120_000;
const MAX_START_MS = 120_000;
/** Where the search for a free port begins. */
const FIRST_PORT = 8_790;

const run = promisify(execFile);

const wanted = process.argv.slice(2).map((name) => name.toLowerCase());
const chosen = AGENTS.filter(
	({ name }) => wanted.length === 0 || wanted.some((part) => name.toLowerCase().includes(part)),
);
const place = await mkdtemp(path.join(tmpdir(), "tollgate-agents-run-"));
const port = await freePort();
const gateway = startGateway(port);
let failures = 0;
try {
	await ready(port);
	const recorder = await record(port);
	for (const agent of chosen) await tryAgent(agent, recorder);
	recorder.stop();
} finally {
	stopGroup(gateway);
	await rm(place, { recursive: true, force: true });
}
process.exit(failures > 0 ? 1 : 0);

async function tryAgent(agent: Agent, recorder: Recorder): Promise<void> {
	console.log(`\n${agent.name} (${agent.package})`);
	const folder = await install(agent);
	if (typeof folder !== "string") {
		failures++;
		console.log(`  could not be installed: ${folder.problem}`);
		return;
	}
	for (const model of agent.models) await tryModel(agent, folder, model, recorder);
}

/** The folder that it is installed in, or why it is not. */
async function install(agent: Agent): Promise<string | { readonly problem: string }> {
	const folder = path.join(INSTALLED, agent.package.replaceAll("/", "+"));
	const done = path.join(folder, "installed");
	if (existsSync(done)) return folder;
	try {
		await mkdir(folder, { recursive: true });
		await writeFile(path.join(folder, "package.json"), "{}");
		const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", agent.package];
		await run("npm", args, { cwd: folder, timeout: MAX_INSTALL_MS });
		const modules = path.join(folder, "node_modules");
		if (agent.setup !== undefined) await run(process.execPath, [path.join(modules, agent.setup)], { cwd: folder });
		await writeFile(done, "");
		return folder;
	} catch (error) {
		return { problem: lastLine(String(error)) };
	}
}

async function tryModel(agent: Agent, folder: string, model: string, recorder: Recorder): Promise<void> {
	const base = await mkdtemp(path.join(place, "agent-"));
	const [home, work] = [path.join(base, "home"), path.join(base, "work")];
	const told = { origin: recorder.origin, key: KEY, model };
	await mkdir(work, { recursive: true });
	await mkdir(home, { recursive: true });
	for (const [name, text] of Object.entries(agent.files?.(told) ?? {})) {
		await mkdir(path.dirname(path.join(home, name)), { recursive: true });
		await writeFile(path.join(home, name), text);
	}
	const secret = `heron-${crypto.randomUUID()}`;
	await writeFile(path.join(work, "note.txt"), secret);
	const [tool, input] = agent.call("cat note.txt");
	const prompt = `Read the note. [[call:${tool} ${JSON.stringify(input)}]]`;
	const env = { PATH: process.env.PATH ?? "", HOME: home, TERM: "dumb", ...agent.env(told) };
	recorder.begin();
	const begun = Date.now();
	let said = { text: "", code: 0 as number | null };
	for (const command of agent.commands(told, prompt)) {
		said = await ask(path.join(folder, "node_modules/.bin", agent.program), command, work, env);
	}
	const seconds = ((Date.now() - begun) / 1_000).toFixed(1);
	await stopLeftovers(home);
	const exchanges = recorder.exchanges();
	const isWhole = said.code === 0 && said.text.includes(secret);
	if (!isWhole) failures++;
	console.log(
		`  ${model}: ${isWhole ? "ran the tool and told its result" : `failed (exit ${said.code})`}, ${seconds} s`,
	);
	for (const exchange of exchanges) console.log(`    ${lineOf(exchange)}`);
	const [asked] = exchanges.filter(({ asksForWebSocket }) => asksForWebSocket);
	const [posted] = exchanges.filter(({ method, status }) => method === "POST" && status === 200);
	if (asked && posted) console.log(`    from the WebSocket to HTTP: ${posted.at - asked.at} ms`);
	if (!isWhole) console.log(said.text.slice(-2_000).replaceAll(/^/gm, "    | "));
}

function lineOf(exchange: Exchange): string {
	const { at, method, path: where, model, streams, tools, betas, bytes, asksForWebSocket, status } = exchange;
	const parts = [
		`${(at / 1_000).toFixed(2)} s  ${method} ${where} -> ${status}`,
		...(asksForWebSocket ? ["asks for a WebSocket"] : []),
		...(model === null ? [] : [`${model}${streams ? ", streamed" : ""}, ${tools} tools, ${bytes} bytes`]),
		...(betas > 0 ? [`${betas} betas`] : []),
		...(exchange.dropped === null ? [] : [`left out: ${exchange.dropped}`]),
		...(exchange.error === null ? [] : [exchange.error]),
	];
	return parts.join("; ");
}

/** Runs a program until it ends, or kills it when it takes too long; what it said, on both outputs. */
async function ask(
	program: string,
	{ args, input }: Command,
	cwd: string,
	env: Record<string, string>,
): Promise<{ text: string; code: number | null }> {
	const child = spawn(program, args, { cwd, env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
	let text = "";
	for (const pipe of [child.stdout, child.stderr]) pipe.setEncoding("utf8").on("data", (data) => (text += data));
	child.stdin.on("error", () => {}).end(input ?? "");
	const timer = setTimeout(() => stopGroup(child), MAX_ANSWER_MS);
	const code = await new Promise<number | null>((resolve) => {
		child.on("exit", resolve);
		child.on("error", () => resolve(null));
	});
	clearTimeout(timer);
	return { text, code };
}

/** Ends what an agent left behind: all that was started in its home. */
async function stopLeftovers(home: string): Promise<void> {
	const entries = existsSync("/proc") ? await readdir("/proc") : [];
	for (const pid of entries.filter((name) => /^\d+$/.test(name))) {
		const env = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
		if (env.split("\0").includes(`HOME=${home}`)) process.kill(Number(pid), "SIGKILL");
	}
}

function startGateway(port: number): ChildProcess {
	// Empty settings say that no provider has a key, whatever `.dev.vars` says: all of them are simulated.
	const simulated = Object.fromEntries(PROVIDER_SETTINGS.map((name) => [name, ""]));
	const env = { ...process.env, ...simulated, PORT: String(port), TOLLGATE_STATE: path.join(place, "state") };
	return spawn(process.execPath, ["scripts/dev.mjs"], { cwd: ROOT, env, detached: true, stdio: "ignore" });
}

async function ready(port: number): Promise<void> {
	for (const end = Date.now() + MAX_START_MS; Date.now() < end; ) {
		const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null);
		if (answer?.ok) return;
		await new Promise((resolve) => setTimeout(resolve, 200));
	}
	throw new Error("the gateway did not start");
}

async function freePort(): Promise<number> {
	let port = FIRST_PORT;
	while (await isTaken(port)) port++;
	return port;
}

function stopGroup(child: ChildProcess): void {
	try {
		if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
	} catch {
		// It has ended already.
	}
}

function lastLine(text: string): string {
	return text.trim().split("\n").at(-1) ?? text;
}
