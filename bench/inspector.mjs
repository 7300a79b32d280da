import { once } from "node:events";

/** Connects to the Worker's isolate; the returned function sends one command and resolves to its result. */
export async function attach(address) {
	const isolates = await (await fetch(`http://${address}/json`)).json();
	const { webSocketDebuggerUrl } = isolates.find(({ id }) => id === "main");
	const socket = new WebSocket(webSocketDebuggerUrl);
	await once(socket, "open");
	const waiting = new Map();
	socket.addEventListener("message", ({ data }) => {
		const { id, result, error } = JSON.parse(data);
		const waiter = waiting.get(id);
		waiting.delete(id);
		if (error === undefined) waiter?.resolve(result);
		else waiter?.reject(new Error(error.message));
	});
	let last = 0;
	return (method, params = {}) => {
		const { promise, resolve, reject } = Promise.withResolvers();
		waiting.set(++last, { resolve, reject });
		socket.send(JSON.stringify({ id: last, method, params }));
		return promise;
	};
}
