/**
 * Further peers, gateways that are installed from Python's package index: each into a folder of its own under `.peers/`,
 * once, and started as its users would start it.
 */
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePort, listening, run, start } from "../processes/processes.ts";
import { CHAT_MODEL, MESSAGES_MODEL } from "../rows/exchange.ts";
import { PATH, pidOf, type Target } from "./targets.ts";

const INSTALLED = path.join(import.meta.dirname, "../.peers");
/** How long a peer may take to start, in seconds; LiteLLM takes more than a minute on a busy machine. */
const MAX_START_SECONDS = 180;
const PIP = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];

/** Where a peer runs: the upstream's origin, its programs, and a directory for its files that the run deletes. */
interface Place {
	readonly upstream: string;
	readonly programs: string;
	readonly directory: string;
}

interface Peer {
	readonly packages: readonly [pinned: string, ...further: string[]];
	readonly start: (place: Place) => Promise<Omit<Target, "name">>;
}

const PEERS: Readonly<Record<string, Peer>> = {
	litellm: { packages: ["litellm[proxy]==1.106.12"], start: litellm },
	smg: { packages: ["smg==1.13.0"], start: smg },
	tensorzero: { packages: ["tensorzero==2026.6.0", "openai"], start: tensorzero },
};
const PEER_NAMES = Object.keys(PEERS);

/** Installs a peer where it is not yet, and starts it. Throws an error of one line where either fails. */
export async function startPeer(name: string, upstream: string, directory: string): Promise<Target> {
	const peer = PEERS[name];
	if (peer === undefined) throw new Error(`no peer is called that; there are ${PEER_NAMES.join(", ")}`);
	try {
		const programs = await installed(peer.packages);
		mkdirSync(directory, { recursive: true });
		const started = await peer.start({ upstream, programs, directory });
		return { ...started, name, has: `${peer.packages[0]} with ${started.has}` };
	} catch (error) {
		if (!(error instanceof Error)) throw error;
		if ("code" in error && error.code === "ENOENT") throw new Error("it needs python3, which is not here");
		// What is at the end of a program's output says the most.
		const lines = error.message.split("\n");
		throw new Error([...new Set([lines[0], lines.findLast((line) => line.trim() !== "")])].join(" "));
	}
}

/** The folder with the programs of those packages. Throws where Python or pip is missing or fails. */
async function installed(packages: Peer["packages"]): Promise<string> {
	const folder = path.join(INSTALLED, packages.join(" ").replace(/[^\w.]+/g, "-"));
	const programs = path.join(folder, "bin");
	const complete = path.join(folder, "complete");
	if (existsSync(complete)) return programs;
	process.stderr.write(`installing ${packages.join(" ")}\n`);
	rmSync(folder, { recursive: true, force: true });
	mkdirSync(INSTALLED, { recursive: true });
	await run("python3", ["-m", "venv", folder], { cwd: INSTALLED });
	await run(path.join(programs, "python"), [...PIP, ...packages], { cwd: INSTALLED });
	writeFileSync(complete, "");
	return programs;
}

async function litellm({ upstream, programs, directory }: Place): Promise<Omit<Target, "name">> {
	const key = "sk-bench-master-key-of-one-run";
	const model = (name: string, provider: string, api_base: string): object => ({
		model_name: name,
		litellm_params: { model: `${provider}/${name}`, api_base, api_key: "sk-loopback-upstream" },
	});
	const config = path.join(directory, "config.yaml");
	// JSON is YAML too.
	writeFileSync(
		config,
		JSON.stringify({
			model_list: [model(CHAT_MODEL, "openai", `${upstream}/v1`), model(MESSAGES_MODEL, "anthropic", upstream)],
			general_settings: { master_key: "os.environ/LITELLM_MASTER_KEY" },
			litellm_settings: { num_retries: 0, drop_params: true, telemetry: false },
		}),
	);
	const port = await freePort();
	const log = path.join(directory, "log");
	const env = {
		LITELLM_MASTER_KEY: key,
		LITELLM_LOCAL_MODEL_COST_MAP: "True",
		LITELLM_LOG: "ERROR",
		NO_DOCS: "True",
	};
	const args = ["--config", config, "--host", "127.0.0.1", "--port", String(port)];
	// It imports what lies two folders above its working directory too, so that is not the machine's temporary one.
	const child = start(path.join(programs, "litellm"), args, { log, cwd: programs, env });
	await listening(port, child, log, MAX_START_SECONDS);
	const entrance = { url: `http://127.0.0.1:${port}${PATH}`, headers: { authorization: `Bearer ${key}` } };
	return {
		has: "a master key and cost; no database, so no budgets",
		...entrance,
		other: (caller, upstream) =>
			caller === "chat" && upstream === "messages" ? { ...entrance, protocol: "chat" } : null,
		pid: pidOf(child),
	};
}

async function smg({ upstream, programs, directory }: Place): Promise<Omit<Target, "name">> {
	const [port, metrics] = [await freePort(), await freePort()];
	const log = path.join(directory, "log");
	const args = ["launch", "--backend", "openai", "--worker-urls", upstream, "--host", "127.0.0.1"];
	const ports = ["--port", String(port), "--prometheus-port", String(metrics)];
	const child = start(path.join(programs, "smg"), [...args, ...ports], { log, cwd: directory });
	await listening(port, child, log, MAX_START_SECONDS);
	const entrance = {
		url: `http://127.0.0.1:${port}${PATH}`,
		headers: { authorization: "Bearer sk-loopback-upstream" },
	};
	return { has: "a log line per request; no keys, limits or cost", ...entrance, pid: pidOf(child) };
}

async function tensorzero({ upstream, programs, directory }: Place): Promise<Omit<Target, "name">> {
	const config = path.join(directory, "tensorzero.toml");
	writeFileSync(
		config,
		`[models."${CHAT_MODEL}"]
routing = ["upstream"]

[models."${CHAT_MODEL}".providers.upstream]
type = "openai"
model_name = "${CHAT_MODEL}"
api_base = "${upstream}/v1"
api_key_location = "none"
`,
	);
	const log = path.join(directory, "log");
	const script = path.join(import.meta.dirname, "peers/serve_tensorzero.py");
	const child = start(path.join(programs, "python"), [script, config], { log, cwd: directory });
	const url = `${await said(/^serves (\S+)\/$/m, child, log)}/chat/completions`;
	const model = `tensorzero::model_name::${CHAT_MODEL}`;
	return { has: "no keys, limits or observability", url, headers: {}, model, pid: pidOf(child) };
}

/** What a program that was started says of itself in its log, as the first group of `pattern`. Throws with the log. */
async function said(pattern: RegExp, child: ChildProcess, log: string): Promise<string> {
	const deadline = performance.now() + MAX_START_SECONDS * 1000;
	while (performance.now() < deadline && child.exitCode === null) {
		const [, words] = pattern.exec(readFileSync(log, "utf8")) ?? [];
		if (words !== undefined) return words;
		await pause(50);
	}
	throw new Error(`it did not start:\n${readFileSync(log, "utf8")}`);
}
