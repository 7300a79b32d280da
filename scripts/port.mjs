// Whether a port is free, and which program holds one that is not.
import { execFileSync } from "node:child_process";
import { connect } from "node:net";

/**
 * Whether a program listens on the port of this machine, under either address of `localhost`.
 * @param {number} port
 */
export async function isTaken(port) {
	const answers = await Promise.all(["127.0.0.1", "::1"].map((host) => accepts(host, port)));
	return answers.includes(true);
}

/**
 * @param {string} host
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function accepts(host, port) {
	return new Promise((resolve) => {
		const socket = connect({ host, port, timeout: 1_000 });
		const end = (/** @type {boolean} */ accepted) => {
			socket.destroy();
			resolve(accepted);
		};
		socket.once("connect", () => end(true));
		socket.once("timeout", () => end(false));
		socket.once("error", () => end(false));
	});
}

/**
 * The program that listens on a port, like "node (process 4711)"; "another program" where the system does not tell.
 * @param {number} port
 */
export function holderOf(port) {
	try {
		const found = execFileSync("lsof", ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-Fpc"], {
			encoding: "utf8",
			stdio: ["ignore", "pipe", "ignore"],
			timeout: 5_000,
		});
		const [, pid, name] = /^p(\d+)\nc(.+)$/m.exec(found) ?? [];
		if (pid !== undefined) return `${name} (process ${pid})`;
	} catch {
		// There is no lsof, or the program is another user's.
	}
	return "another program";
}
