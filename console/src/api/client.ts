// The one way from the console to the gateway's API: same origin, the session's cookie, JSON, errors as they are told.

/** An answer that is no success, in the gateway's own words. */
export class ApiError extends Error {
	constructor(
		/** 0 where no answer came at all. */
		readonly status: number,
		readonly code: string,
		message: string,
		/** The field that is at fault, where one is. */
		readonly param: string | null,
		readonly requestId: string | null,
	) {
		super(message);
	}

	/** Whether the person has to sign in first. */
	get signedOut(): boolean {
		return this.status === 401;
	}
}

export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

interface Call {
	readonly query?: Query;
	readonly body?: unknown;
	readonly signal?: AbortSignal;
}

/** Reads or changes something. Throws `ApiError`. `Answer` is what the API's description says of this path. */
export async function call<Answer>(
	method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
	path: string,
	{ query, body, signal }: Call = {},
): Promise<Answer> {
	const response = await send(method, withQuery(path, query), body, signal);
	const text = await response.text();
	if (!response.ok) throw errorOf(response, text);
	return (text === "" ? undefined : JSON.parse(text)) as Answer;
}

export function withQuery(path: string, query: Query = {}): string {
	const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
	if (given.length === 0) return path;
	return `${path}?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}

async function send(method: string, path: string, body: unknown, signal: AbortSignal | undefined): Promise<Response> {
	try {
		return await fetch(path, {
			method,
			credentials: "same-origin",
			headers: body === undefined ? {} : { "content-type": "application/json" },
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
			...(signal === undefined ? {} : { signal }),
		});
	} catch (error) {
		if (signal?.aborted) throw error;
		throw new ApiError(0, "unreachable", "the gateway did not answer", null, null);
	}
}

function errorOf(response: Response, text: string): ApiError {
	const requestId = response.headers.get("x-request-id");
	try {
		const { error } = JSON.parse(text) as { error: { message: string; code: string | null; param: string | null } };
		return new ApiError(response.status, error.code ?? "error", error.message, error.param, requestId);
	} catch {
		return new ApiError(response.status, "error", `${response.status} ${response.statusText}`, null, requestId);
	}
}
