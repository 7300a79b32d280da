// How an upstream of the simulation behaves towards one call when it does not simply answer.

export const MANNERS = [
	"refuses",
	"is full",
	/** Works, and then the connection is reset, or a server on the way gives up on it, before any header. */
	"is reset",
	"is given up on",
	"breaks off",
	"says nothing",
	/** Answers, without figures, or with some that cannot be true or are taken back. */
	"hides its figures",
	"tells nonsense",
] as const;

/** As the runtime says it, whenever a connection ends before the headers. */
export function connectionLost(): Error {
	return Object.assign(new Error("Network connection lost."), { retryable: true });
}

export function failure(status: number): Response {
	return Response.json({ error: { message: "busy" } }, { status });
}

/** Headers, and then nothing that can be read. */
export function broken(): Response {
	const body = new ReadableStream({ start: (controller) => controller.error(new Error("the connection was reset")) });
	return new Response(body, { headers: { "content-type": "application/json" } });
}
