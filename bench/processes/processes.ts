/** Starting, awaiting and stopping the processes of a run. */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import path from "node:path";

const TICKS_PER_SECOND = 100;
const running = new Set<ChildProcess>();

/** Stops everything that was started, at once. */
export function stopAll() {
	for (const child of running) child.kill("SIGKILL");
}

function track<Child extends ChildProcess>(child: Child): Child {
	running.add(child);
	child.once("exit", () => running.delete(child));
	return child;
}

/** Starts a program with its output in `log`; `env` is added to this process's own. */
export function start(
	command: string,
	args: string[],
	{ log, cwd, env = {} }: { log: string; cwd?: string; env?: Record<string, string> },
): ChildProcess {
	const output = openSync(log, "a");
	const options = { ...(cwd !== undefined && { cwd }), env: { ...process.env, ...env } };
	return track(spawn(command, args, { ...options, stdio: ["ignore", output, output] }));
}

/** Starts a module of the benchmark, by its path there, and resolves to it and its first message. */
export async function startModule<Message = unknown>(name: string): Promise<{ child: ChildProcess; message: Message }> {
	const child = track(fork(path.join(import.meta.dirname, "..", name), { serialization: "advanced" }));
	return { child, message: await heard<Message>(child) };
}

/** The next message of a module that was started here. */
export async function heard<Message>(child: ChildProcess): Promise<Message> {
	const [message] = await once(child, "message");
	return message as Message;
}

/** Sends a message to the process that started this one. */
export function tell(message: unknown): void {
	process.send?.(message);
}

/** Runs a program to its end. Throws with its output if it fails. */
export async function run(
	command: string,
	args: string[],
	{ cwd, env = {} }: { cwd: string; env?: Record<string, string> },
): Promise<void> {
	const child = track(
		spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] }),
	);
	let output = "";
	child.stdout.on("data", (bytes: Buffer) => {
		output += bytes;
	});
	child.stderr.on("data", (bytes: Buffer) => {
		output += bytes;
	});
	const [code] = await once(child, "close"); // Rejects where there is no such program.
	if (code !== 0) throw new Error(`${path.basename(command)} ${args.join(" ")} failed:\n${output}`);
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	server.close();
	await once(server, "close");
	return port;
}

/** Waits until `child` listens on a port, for at most that many seconds. Throws with its `log`. */
export async function listening(port: number, child: ChildProcess, log: string, seconds = 10): Promise<void> {
	const deadline = performance.now() + seconds * 1000;
	while (performance.now() < deadline && child.exitCode === null) {
		const socket = connect(port, "127.0.0.1");
		const connected = await new Promise((resolve) => {
			socket.once("connect", () => resolve(true));
			socket.once("error", () => resolve(false));
		});
		socket.destroy();
		if (connected) return;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	throw new Error(`nothing listens on port ${port}:\n${readFileSync(log, "utf8")}`);
}

/** Processor time that a process has used so far, all threads, in milliseconds; resolution 10 ms. */
export function processorTime(pid: number): number {
	const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
	// The second field is the program's name in parentheses, perhaps with spaces: count from behind it.
	const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
	return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
}

/** Processor time of the whole machine so far, in milliseconds over all cores; `busy` has what a host took away. */
export function machineTime(): { busy: number; all: number } {
	const [, user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softirq = 0, steal = 0] = (
		readFileSync("/proc/stat", "utf8").split("\n", 1)[0] ?? ""
	)
		.split(/\s+/)
		.map((ticks) => (Number(ticks) * 1000) / TICKS_PER_SECOND);
	const busy = user + nice + system + irq + softirq + steal;
	return { busy, all: busy + idle + wait };
}
