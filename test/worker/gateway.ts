// Calls the gateway inside workerd, with every answer judged.
import { exports } from "cloudflare:workers";
import { BUILT_IN_PROVIDERS } from "#providers/names";
import { checked } from "#test/oracle/check";
import { checkDocumented } from "#test/support/documented";

export const DEMO_KEY = "test-key-123";
export const ADMIN_TOKEN = "tollgate-dev-admin";

/** Calls the local environment inside this runtime; every answer is judged, by its protocol and by the description. */
export const send = checked(async (input: RequestInfo | URL, init?: RequestInit) => {
	const response = await exports.default.fetch(input as string, init);
	const { method, url } = input instanceof Request ? input : { method: init?.method ?? "GET", url: String(input) };
	await checkDocumented(method, url, response);
	return response;
});

/** A chat completion with the demo key, as it comes. A string goes as it is. */
export function chat(body: object | string, headers: Record<string, string> = {}): Promise<Response> {
	return send("http://gateway/v1/chat/completions", {
		method: "POST",
		headers: { authorization: `Bearer ${DEMO_KEY}`, "content-type": "application/json", ...headers },
		body: typeof body === "string" ? body : JSON.stringify(body),
	});
}

export const user = (content: unknown) => [{ role: "user", content }];

export interface Completion {
	model: string;
	choices: { message: { content: string | null; [field: string]: unknown }; finish_reason: string }[];
	usage: { prompt_tokens: number; completion_tokens: number; cost: number };
}

/** A whole answer that must have succeeded, with its headers. */
export async function completion(body: object): Promise<{ answer: Completion; headers: Headers }> {
	const response = await chat(body);
	const text = await response.text();
	if (response.status !== 200) throw new Error(`${response.status}: ${text}`);
	return { answer: JSON.parse(text), headers: response.headers };
}

export interface Failure {
	status: number;
	headers: Headers;
	error: { message: string; type: string; code: string; param: string | null; metadata?: Record<string, unknown> };
}

/** An answer that must be an error. */
export async function failure(response: Response | Promise<Response>): Promise<Failure> {
	const answer = await response;
	const text = await answer.text();
	if (answer.status < 400) throw new Error(`${answer.status}: ${text}`);
	const { error } = JSON.parse(text);
	// Anthropic's envelope has the code among the details.
	return { status: answer.status, headers: answer.headers, error: { code: error.details?.error_code, ...error } };
}

/** Headers of a refusal that lasts longer than the gateway waits for a candidate, so that it is told at once. */
export const LASTING = { "retry-after": "7" };

/** Providers that tests have broken, whose circuits may have opened. */
const broken = new Set<string>();

/** Scripts the simulator's faults; none to end them. */
export async function fault(
	...faults: { provider?: string; fault: string; [field: string]: unknown }[]
): Promise<void> {
	for (const { provider } of faults) for (const name of provider ? [provider] : BUILT_IN_PROVIDERS) broken.add(name);
	const response = await send("http://gateway/_simulator/faults", { method: "PUT", body: JSON.stringify(faults) });
	if (!response.ok) throw new Error(await response.text());
}

/** Ends all faults, and has the gateway forget what they taught it. */
export async function mend(): Promise<void> {
	await fault();
	for (const provider of broken) await reset(provider);
	broken.clear();
}

async function reset(provider: string): Promise<void> {
	const response = await send(`http://gateway/admin/circuits/${provider}/reset`, {
		method: "POST",
		headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
	});
	if (!response.ok) throw new Error(await response.text());
}

/** The data of each event of a stream. */
export async function events(response: Response): Promise<string[]> {
	return (await response.text())
		.split("\n\n")
		.filter((event) => event.startsWith("data: "))
		.map((event) => event.slice("data: ".length));
}
