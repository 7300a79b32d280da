// Plays OpenAI's Files: uploads, shows, lists, reads and deletes what an account keeps.
import { isObject, type JsonObject } from "#lib/json";
import { sleep } from "#lib/sleep";
import type { SimulatorEnv } from "#simulator/env";
import { beforeHeaders, simulated, stateOf } from "#simulator/serve";
import { openaiCompatible } from "#simulator/wire/openai-chat/compatible";
import { openaiChat } from "#simulator/wire/vendors/openai";
import { Refusal, type Wire } from "#simulator/wire/wire";
import type { KeptFile } from "./stored-files";

/** Purposes for which OpenAI takes files. */
const PURPOSES: ReadonlySet<string> = new Set(["assistants", "batch", "fine-tune", "vision", "user_data", "evals"]);
/** The largest file that OpenAI takes, in bytes. */
const MAX_FILE_BYTES = 512 * 1024 * 1024;

/** Who asks for what: of the vendor's own API, below its version. */
export interface AccountVisit {
	readonly request: Request;
	readonly provider: string;
	readonly wire: Wire;
	/** Tells one vendor account from another. */
	readonly account: string;
	/** Behind `/v1`. */
	readonly path: string;
}

/** Vendors whose accounts keep nothing. */
const KEEPING_NOTHING: ReadonlySet<string> = new Set([
	...["anthropic", "gemini", "deepseek", "openrouter", "siliconflow", "workers-ai"],
]);

/** The visit of a request that is about an account; null for any other. */
export function accountVisit(request: Request): AccountVisit | null {
	const { pathname } = new URL(request.url);
	const match = /^\/([^/]+)(?:\/api)?\/v1(\/(?:files|batches)(?:\/.*)?)$/.exec(pathname);
	if (match === null) return null;
	const [, provider = "", path = ""] = match;
	if (KEEPING_NOTHING.has(provider)) return null;
	return {
		request,
		provider,
		account: accountOf(request, provider),
		path,
		wire: provider === "openai" ? openaiChat : openaiCompatible,
	};
}

/** The account of a request: each credential is one of its own. */
export function accountOf({ headers }: Request, provider: string): string {
	return `${provider} ${headers.get("authorization") ?? ""}`;
}

/** Answers what is asked about an account's files. Throws `Refusal`. */
export async function serveFiles(visit: AccountVisit, env: SimulatorEnv): Promise<Response> {
	const { request, account, path, wire } = visit;
	const state = stateOf(env);
	const [, , id, what] = path.split("/");
	const now = Date.now();
	if (id === undefined) {
		if (request.method === "POST") return json(await uploaded(visit, env, now));
		if (request.method !== "GET") throw wire.failure(405);
		return json({ object: "list", data: await state.listFiles(account, now), has_more: false });
	}
	const file = await state.findFile(account, id, now);
	if (file === null) throw wire.failure(404, `No such File object: ${id}`);
	if (request.method === "DELETE" && what === undefined) {
		await state.forgetFile(account, id);
		return json({ id, object: "file", deleted: true });
	}
	if (request.method !== "GET") throw wire.failure(405);
	if (what === undefined) return json(file);
	if (what !== "content") throw wire.failure(404);
	return new Response(await state.fileContent(id), { headers: { "content-type": "application/octet-stream" } });
}

async function uploaded({ request, account, wire }: AccountVisit, env: SimulatorEnv, now: number): Promise<KeptFile> {
	let form: FormData;
	try {
		form = await request.formData();
	} catch {
		throw wire.failure(400, "Could not parse multipart form");
	}
	const file = form.get("file") as unknown;
	const purpose = form.get("purpose");
	if (!(file instanceof File)) throw wire.failure(400, "'file' is a required property");
	if (typeof purpose !== "string" || !PURPOSES.has(purpose)) throw wire.failure(400, "Invalid value for 'purpose'");
	if (file.size > MAX_FILE_BYTES) throw wire.failure(413);
	const seconds = form.get("expires_after[seconds]");
	const created = Math.floor(now / 1000);
	const kept: KeptFile = {
		id: `file-${crypto.randomUUID().replaceAll("-", "").slice(0, 24)}`,
		object: "file",
		bytes: file.size,
		created_at: created,
		expires_at: seconds === null ? null : created + Number(seconds),
		filename: file.name,
		purpose,
		status: "processed",
	};
	await stateOf(env).keepFile(account, kept, new Uint8Array(await file.arrayBuffer()));
	return kept;
}

/** Plays an account behind the faults that tests have scripted for a call, as `POST /files`. */
export async function withFaults(
	{ request, provider, wire, path }: AccountVisit,
	env: SimulatorEnv,
	answer: () => Promise<Response>,
): Promise<Response> {
	const [, kind] = path.split("/");
	const strike = await stateOf(env).takeListStrike(provider, `${request.method} /${kind}`);
	if (strike.latencyMs > 0) await sleep(strike.latencyMs, request.signal);
	try {
		wire.admit(request.headers);
		const early = await beforeHeaders(wire, strike, request.signal, async () => {});
		return simulated(early ?? (await answer()));
	} catch (error) {
		if (!(error instanceof Refusal)) throw error;
		return simulated(Response.json(error.body, { status: error.status }));
	}
}

/** The first file that a request to a model names and its account does not keep; null when it keeps all of them. */
export async function missingFile(body: unknown, account: string, env: SimulatorEnv): Promise<string | null> {
	for (const id of idsIn(body)) {
		if ((await stateOf(env).findFile(account, id, Date.now())) === null) return id;
	}
	return null;
}

function idsIn(value: unknown): string[] {
	if (Array.isArray(value)) return value.flatMap(idsIn);
	// What a form carries is no JSON: each byte of it would be looked at as a field.
	if (!isObject(value) || ArrayBuffer.isView(value)) return [];
	return Object.entries(value).flatMap(([name, held]) =>
		name === "file_id" && typeof held === "string" ? [held] : idsIn(held),
	);
}

function json(value: KeptFile | JsonObject | object): Response {
	return Response.json(value);
}
