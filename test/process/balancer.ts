// The Worker in front of a fleet of isolates, as a platform that spreads requests over many would be.

interface Gateway {
	fetch(request: Request): Promise<Response>;
}

/** Hands each request to the isolate that its header names, else to the first, and says which one it was. */
export default {
	async fetch(request: Request, isolates: Readonly<Record<string, Gateway>>): Promise<Response> {
		const name = request.headers.get("x-isolate") ?? "0";
		const gateway = isolates[name];
		if (gateway === undefined) return new Response("no such isolate", { status: 404 });
		const answer = await gateway.fetch(request);
		const headers = new Headers(answer.headers);
		headers.set("x-isolate", name);
		return new Response(answer.body, { status: answer.status, headers });
	},
	/** The clock calls what is asked first; what the deployment would do by it is no part of these tests. */
	scheduled(): void {},
};
