// `/v1/batches`: requests that a vendor works through by and by, at its price for that.
import * as v from "valibot";
import { GatewayError, invalidRequest } from "#core/errors";
import { validationError } from "#core/validation-error";
import { openaiChat } from "#faces/openai-chat/index";
import { beginBatch } from "#gateway/batches/begin-batch";
import { type BatchesCall, cancelBatch, teamBatch } from "#gateway/batches/team-batches";
import { fileContent, orUnavailable, teamFile } from "#gateway/files/team-files";
import { logRequest } from "#gateway/record/log-line";
import { RequestRecorder } from "#gateway/record/request-recorder";
import { principalOf, stateInForce } from "#gateway/spending/admission";
import { readText } from "#gateway/upstream/body";
import { callerAddress } from "#http/auth/caller-address";
import type { KeyCall, Route, SpendCall } from "#http/call";
import { INTERNAL } from "#http/errors";
import { MAX_LARGE_BODY_BYTES } from "#http/request/body";
import { jsonOf } from "#http/request/json-body";
import { labelsOf } from "#http/request/labels";
import { PageQuery, pageOf } from "#http/request/page";
import { decodeQuery } from "#http/request/query";
import { readBatchLines } from "#http/serve/batch-lines";
import { BatchesView, BatchView, renderBatch } from "#http/views/kept/batch";
import { byteLength } from "#lib/text-bytes";
import type { StoredBatch } from "#metering/batch";
import { listBatches } from "#store/files/batches";
import { keptRoutesOf, VENDOR_ERRORS } from "./kept-route";

/** The most labels of a batch: one more is the gateway's own. */
const MAX_METADATA = 15;
const NewBatchBody = v.object({
	input_file_id: v.string(),
	endpoint: v.picklist(["/v1/chat/completions", "/v1/responses", "/v1/embeddings"]),
	completion_window: v.literal("24h"),
	metadata: v.nullish(
		v.pipe(
			v.record(v.pipe(v.string(), v.maxLength(64)), v.pipe(v.string(), v.maxLength(512))),
			v.maxEntries(MAX_METADATA),
		),
	),
});

const OF_BATCHES = [
	...(["batch_not_found", "files_unavailable", "provider_unavailable", "ledger_unavailable"] as const),
	...VENDOR_ERRORS,
];

const route = keptRoutesOf(openaiChat);

export const batchRoutes: Route[] = [
	{
		method: "POST",
		path: "/v1/batches",
		access: "spend",
		face: openaiChat,
		doc: {
			summary: "Have a vendor work through a file of requests by and by",
			text: "As OpenAI's Batches. All lines are charged at the most that they can cost when the batch begins, and brought to what they cost when it has ended.",
			body: NewBatchBody,
			example: { input_file_id: "file_0", endpoint: "/v1/chat/completions", completion_window: "24h" },
			answer: BatchView,
			errors: ["file_not_found", "files_unavailable", "provider_unavailable", "unsupported_endpoint"],
		},
		handle: create,
	},
	route("GET", "/v1/batches", list, {
		summary: "List the team's batches",
		query: PageQuery,
		answer: BatchesView,
		errors: ["files_unavailable"],
	}),
	route("GET", "/v1/batches/:id", show, {
		summary: "Show how far a batch is",
		answer: BatchView,
		errors: OF_BATCHES,
	}),
	route("POST", "/v1/batches/:id/cancel", cancel, {
		summary: "Have a vendor work on a batch no more",
		answer: BatchView,
		errors: [...OF_BATCHES, "batch_ended"],
	}),
];

/** The request is recorded as any that spends: what it is charged comes with its settlements. */
async function create(call: SpendCall): Promise<Response> {
	const { config, isolate, request, requestId, receivedAt: at, identified } = call;
	const { keyId, teamId } = identified.record;
	const recorder = new RequestRecorder(
		{ requestId, at, keyId, teamId, face: "batches" },
		() => labelsOf(request.headers),
		(record) => {
			logRequest(record, config.logLevel);
			isolate.settlements.record(call, keyId, record);
		},
	);
	try {
		const batch = await begun(call, recorder);
		recorder.close(200, null, isolate.clock(), null);
		return Response.json(renderBatch(batch));
	} catch (error) {
		const details = error instanceof GatewayError ? error.details : INTERNAL;
		recorder.close(details.status, details, isolate.clock(), null);
		throw error;
	}
}

async function begun(call: SpendCall, recorder: RequestRecorder): Promise<StoredBatch> {
	const { env, execution, isolate, identified, request, requestId, receivedAt, claim } = call;
	const { value } = jsonOf(await call.body.take());
	const read = v.safeParse(NewBatchBody, value, { abortEarly: true });
	if (!read.success) throw validationError(read.issues[0]);
	const { input_file_id: inputId, endpoint, metadata } = read.output;
	const [state, serving] = await Promise.all([
		stateInForce(call, identified, identified.record, receivedAt),
		isolate.providers.serving(call),
	]);
	const principal = principalOf(state, identified.last4, callerAddress(request));
	const filesCall = { env, isolate, principal, caller: request.signal };
	const file = await teamFile(filesCall, inputId);
	if (file.purpose !== "batch") throw invalidRequest('the file must have been uploaded for "batch"', "input_file_id");
	const provider = serving.byName.get(file.provider);
	if (provider === undefined) throw GatewayError.of("provider_unavailable", `\`${file.provider}\` does not serve now`);
	const text = await readText(await fileContent(filesCall, serving, file), MAX_LARGE_BODY_BYTES);
	if (text === null) throw invalidRequest("the file is too large to be read here", "input_file_id");
	call.body.share.add(byteLength(text));
	const requests = readBatchLines(text, endpoint, provider);
	recorder.requested(false, requests[0]?.preference.model ?? null, null);
	recorder.served({ provider: file.provider, model: String(requests[0]?.request.body.model ?? "") });
	claim?.begin();
	return beginBatch(
		{
			...{ env, execution, isolate, identified, principal, requestId, receivedAt, serving },
			version: state.version,
			caller: request.signal,
		},
		{ file, endpoint, metadata: metadata ?? {}, requests },
	).then((batch) => {
		void claim?.end(true);
		return batch;
	});
}

function batchesCall({ env, isolate, principal, request }: KeyCall): BatchesCall {
	return { env, isolate, principal, caller: request.signal };
}

async function show(call: KeyCall): Promise<Response> {
	const serving = await call.isolate.providers.serving(call);
	return Response.json(renderBatch(await teamBatch(batchesCall(call), serving, call.params.id ?? "")));
}

async function cancel(call: KeyCall): Promise<Response> {
	const serving = await call.isolate.providers.serving(call);
	return Response.json(renderBatch(await cancelBatch(batchesCall(call), serving, call.params.id ?? "")));
}

async function list({ env, url, principal }: KeyCall): Promise<Response> {
	decodeQuery(PageQuery, url);
	const { batches, more } = await orUnavailable(listBatches(env.DB, principal.teamId, pageOf(url)));
	const data = batches.map(renderBatch);
	return Response.json({
		object: "list",
		data,
		first_id: data[0]?.id ?? null,
		last_id: data.at(-1)?.id ?? null,
		has_more: more,
	});
}
