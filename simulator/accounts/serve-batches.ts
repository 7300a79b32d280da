// Plays OpenAI's Batches: takes a file of requests, works through it in a time of its own, and writes what came of it.
import { isObject, type JsonObject, parseJson } from "#lib/json";
import { costOf } from "#metering/cost";
import type { SimulatorEnv } from "#simulator/env";
import { answer } from "#simulator/model/model-behaviour";
import { findModel } from "#simulator/model/models";
import { answerUsage } from "#simulator/model/usage";
import { wireOf } from "#simulator/routes";
import { stateOf } from "#simulator/serve";
import { Refusal } from "#simulator/wire/wire";
import type { AccountVisit } from "./serve-files";
import type { BatchPace, KeptBatch } from "./stored-batches";
import type { KeptFile } from "./stored-files";

const ENDPOINTS: ReadonlySet<unknown> = new Set(["/v1/chat/completions", "/v1/responses", "/v1/embeddings"]);
const MAX_METADATA = 16;
/** OpenAI asks half its price; what other servers ask is theirs to say. */
const HALF: ReadonlySet<string> = new Set(["openai"]);

/** Answers what is asked about an account's batches. Throws `Refusal`. */
export async function serveBatches(visit: AccountVisit, env: SimulatorEnv): Promise<Response> {
	const { request, account, path, wire } = visit;
	const state = stateOf(env);
	const [, , named, what] = path.split("/");
	if (named === undefined) {
		if (request.method === "POST") return Response.json(await begun(visit, env));
		const data = (await state.listBatches(account)).map(shownOf);
		return Response.json({ object: "list", data, has_more: false });
	}
	const batch = await state.findBatch(account, named);
	if (batch === null) throw wire.failure(404, `No batch found with id '${named}'.`);
	if (request.method === "POST" && what === "cancel") {
		const now = Math.floor(Date.now() / 1000);
		const isEnded = await state.endBatch(batch.id);
		if (!isEnded) throw wire.failure(409, "The batch has ended already.");
		const shown = { ...shownOf(batch), status: "cancelled", cancelling_at: now, cancelled_at: now };
		await state.writeBatch({ ...batch, shown: JSON.stringify(shown), isOver: true });
		return Response.json(shown);
	}
	return Response.json(await lookedAt(visit, batch, env));
}

function shownOf({ shown }: KeptBatch): JsonObject {
	return JSON.parse(shown);
}

async function begun({ request, provider, account, wire }: AccountVisit, env: SimulatorEnv): Promise<JsonObject> {
	const state = stateOf(env);
	const body = await request.json().catch(() => null);
	if (!isObject(body)) throw wire.failure(400, "We could not parse the JSON body of your request.");
	const { input_file_id: input, endpoint, completion_window: window, metadata = null } = body;
	if (!ENDPOINTS.has(endpoint)) throw wire.failure(400, "Invalid value for 'endpoint'");
	if (window !== "24h") throw wire.failure(400, "Invalid value for 'completion_window'");
	if (isObject(metadata) && Object.keys(metadata).length > MAX_METADATA)
		throw wire.failure(400, "Too many properties in 'metadata'");
	const file = typeof input === "string" ? await state.findFile(account, input, Date.now()) : null;
	if (file === null) throw wire.failure(404, `No such File object: ${String(input)}`);
	if (file.purpose !== "batch") throw wire.failure(400, "Invalid purpose of the input file");
	const lines = await linesOf(file.id, env);
	const now = Date.now();
	const seconds = Math.floor(now / 1000);
	const shown = {
		id: `batch_${crypto.randomUUID().replaceAll("-", "")}`,
		object: "batch",
		endpoint: endpoint as string,
		errors: null,
		input_file_id: file.id,
		completion_window: "24h",
		status: "validating",
		output_file_id: null,
		error_file_id: null,
		created_at: seconds,
		in_progress_at: null,
		expires_at: seconds + 86_400,
		request_counts: { total: lines.length, completed: 0, failed: 0 },
		metadata: metadata as JsonObject | null,
	};
	// Taking it is billed by nobody.
	await state.book(provider, "batches", null);
	await state.writeBatch({ id: shown.id, account, shown: JSON.stringify(shown), begunAt: now, isOver: false });
	return shown;
}

/** The batch as it is by now; when its time is over, its lines are answered, by the first who looks. */
async function lookedAt(visit: AccountVisit, batch: KeptBatch, env: SimulatorEnv): Promise<JsonObject> {
	const state = stateOf(env);
	const pace = await state.batchPace();
	const elapsed = Date.now() - batch.begunAt;
	const before = shownOf(batch);
	if (batch.isOver) return before;
	const inProgressAt = Math.floor(batch.begunAt / 1000);
	if (elapsed < pace.ms) return { ...before, status: "in_progress", in_progress_at: inProgressAt };
	if (!(await state.endBatch(batch.id))) return { ...before, status: "finalizing", in_progress_at: inProgressAt };
	const shown = { ...before, in_progress_at: inProgressAt, ...(await worked(visit, batch, pace, env)) };
	await state.writeBatch({ ...batch, shown: JSON.stringify(shown), isOver: true });
	return shown;
}

/** Answers the lines and writes the files; what it adds to the batch as it is shown. */
async function worked(
	visit: AccountVisit,
	batch: KeptBatch,
	{ expireAfter = Number.POSITIVE_INFINITY }: BatchPace,
	env: SimulatorEnv,
): Promise<JsonObject> {
	const { id, account } = batch;
	const shown = shownOf(batch);
	const output: JsonObject[] = [];
	const errors: JsonObject[] = [];
	for (const [index, text] of (await linesOf(String(shown.input_file_id), env)).entries()) {
		const line = parseJson(text);
		const custom_id = isObject(line) && typeof line.custom_id === "string" ? line.custom_id : "";
		if (index >= expireAfter) {
			const message = "This request could not be executed before the completion window expired.";
			errors.push({ id: `${id}_${index}`, custom_id, response: null, error: { code: "batch_expired", message } });
			continue;
		}
		const { status_code, body } = await answered(visit, String(shown.endpoint), line, env);
		const written = { id: `${id}_${index}`, custom_id, response: { status_code, request_id: id, body }, error: null };
		(status_code < 400 ? output : errors).push(written);
	}
	const now = Math.floor(Date.now() / 1000);
	const hasExpired = Number.isFinite(expireAfter);
	return {
		status: hasExpired ? "expired" : "completed",
		...(hasExpired ? { expired_at: now } : { completed_at: now }),
		finalizing_at: now,
		output_file_id: await written(account, `${id}_output.jsonl`, output, env),
		error_file_id: await written(account, `${id}_error.jsonl`, errors, env),
		request_counts: { total: output.length + errors.length, completed: output.length, failed: errors.length },
	};
}

/** One line's answer, whose price goes into the books. */
async function answered(
	{ provider, wire: own }: AccountVisit,
	endpoint: string,
	line: unknown,
	env: SimulatorEnv,
): Promise<{ status_code: number; body: JsonObject }> {
	const state = stateOf(env);
	const body = isObject(line) && isObject(line.body) ? (line.body as JsonObject) : null;
	const modelId = typeof body?.model === "string" ? body.model : "";
	const model = findModel(provider, modelId);
	try {
		const wire = wireOf(provider, endpoint.slice("/v1".length)) ?? own;
		if (body === null) throw wire.failure(400);
		if (model === null) throw wire.noModel(modelId);
		const now = Date.now();
		const id = crypto.randomUUID().replaceAll("-", "");
		const play = wire.read(body, { provider, modelId, model, id, now, streamPath: "none" });
		const drafts = answer(play.question);
		const usage = answerUsage(play.input, drafts);
		const prices = !HALF.has(provider)
			? model.prices
			: model.prices.map(({ from, price }) => ({
					from,
					price: Object.fromEntries(
						Object.entries(price).map(([name, each]) => [name, Math.ceil(each / 2)]),
					) as unknown as typeof price,
				}));
		const cost = costOf(usage, { ...model, prices }, now) ?? 0;
		await state.book(provider, model.id, cost);
		return { status_code: 200, body: play.whole({ drafts, usage, cost }) };
	} catch (error) {
		if (!(error instanceof Refusal)) throw error;
		await state.book(provider, model?.id ?? modelId.slice(0, 200), null);
		return { status_code: error.status, body: error.body as JsonObject };
	}
}

async function linesOf(file: string, env: SimulatorEnv): Promise<string[]> {
	const text = new TextDecoder().decode(await stateOf(env).fileContent(file));
	return text.split("\n").filter((line) => line.trim() !== "");
}

/** The id of the file that holds the lines; null for none. */
async function written(
	account: string,
	filename: string,
	lines: readonly JsonObject[],
	env: SimulatorEnv,
): Promise<string | null> {
	if (lines.length === 0) return null;
	const bytes = new TextEncoder().encode(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
	const file: KeptFile = {
		id: `file-${crypto.randomUUID().replaceAll("-", "").slice(0, 24)}`,
		object: "file",
		bytes: bytes.byteLength,
		created_at: Math.floor(Date.now() / 1000),
		expires_at: null,
		filename,
		purpose: "batch_output",
		status: "processed",
	};
	await stateOf(env).keepFile(account, file, bytes);
	return file.id;
}
