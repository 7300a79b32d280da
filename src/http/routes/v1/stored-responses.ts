// `/v1/responses/{id}`: the answers that a key has stored.
import { invalidRequest, unsupportedParameter } from "#core/errors";
import { openaiResponses } from "#faces/openai-responses/index";
import type { KeyCall, Route } from "#http/call";
import { pageOf } from "#http/request/page";
import { decodeQuery } from "#http/request/query";
import { missingResponse, storedResponse } from "#http/serve/stored-responses";
import type { JsonObject } from "#lib/json";
import { deleteResponseDoc, InputQuery, inputItemsDoc, storedResponseDoc } from "./face-docs";
import { keptRoutesOf } from "./kept-route";

const route = keptRoutesOf(openaiResponses);

export const storedResponseRoutes: Route[] = [
	route("GET", "/v1/responses/:id", show, storedResponseDoc),
	route("DELETE", "/v1/responses/:id", remove, deleteResponseDoc),
	route("GET", "/v1/responses/:id/input_items", listInput, inputItemsDoc),
];

async function show(call: KeyCall): Promise<Response> {
	if (call.url.searchParams.get("stream") === "true") {
		throw unsupportedParameter("stream", "an answer that is stored is whole, and is not streamed again");
	}
	const { response } = await storedResponse(call, call.principal, call.params.id ?? "");
	return Response.json(response);
}

async function remove(call: KeyCall): Promise<Response> {
	const id = call.params.id ?? "";
	if (!(await call.isolate.responses.remove(call, call.principal, id))) throw missingResponse(id);
	return Response.json({ id, object: "response", deleted: true });
}

/** All items that the model was given, those of the answers that the request went on from among them. */
async function listInput(call: KeyCall): Promise<Response> {
	const { order } = decodeQuery(InputQuery, call.url);
	const { after, limit } = pageOf(call.url);
	const { history, input } = await storedResponse(call, call.principal, call.params.id ?? "");
	const items = [...history, ...input];
	if (order === "desc") items.reverse();
	const data = items.slice(startAfter(items, after));
	const page = data.slice(0, limit);
	return Response.json({
		object: "list",
		data: page,
		first_id: page[0]?.id ?? null,
		last_id: page.at(-1)?.id ?? null,
		has_more: data.length > limit,
	});
}

function startAfter(items: readonly JsonObject[], after: string | null): number {
	if (after === null) return 0;
	const at = items.findIndex(({ id }) => id === after);
	if (at === -1) throw invalidRequest("`after` names no input item of this answer", "after");
	return at + 1;
}
