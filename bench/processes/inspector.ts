// Speaks to a Worker's isolate through workerd's inspector: profiles and heaps of a benchmark are taken by it.
import { once } from "node:events";

/** Sends one command of the inspector's protocol and resolves to its result. Rejects with what the inspector says. */
export type Command = <Result>(method: string, params?: object) => Promise<Result>;

/** Connects to the Worker's isolate; the returned function sends one command and resolves to its result. */
export async function attach(address: string): Promise<Command> {
	const answer = await (await fetch(`http://${address}/json`)).json();
	const isolates = answer as { id: string; webSocketDebuggerUrl: string }[];
	const isolate = isolates.find(({ id }) => id === "main");
	if (isolate === undefined) throw new Error(`nothing to inspect at ${address}`);
	const socket = new WebSocket(isolate.webSocketDebuggerUrl);
	await once(socket, "open");
	const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
	socket.addEventListener("message", ({ data }) => {
		const { id, result, error } = JSON.parse(String(data));
		const waiter = waiting.get(id);
		waiting.delete(id);
		if (error === undefined) waiter?.resolve(result);
		else waiter?.reject(new Error(error.message));
	});
	let last = 0;
	return <Result>(method: string, params: object = {}) => {
		const { promise, resolve, reject } = Promise.withResolvers<Result>();
		waiting.set(++last, { resolve: resolve as (result: unknown) => void, reject });
		socket.send(JSON.stringify({ id: last, method, params }));
		return promise;
	};
}
