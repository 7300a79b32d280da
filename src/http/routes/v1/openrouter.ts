// `/api/v1/…`: what clients of OpenRouter read beside chat: their key, their credits, what a request cost, the models.
import * as v from "valibot";
import { GatewayError } from "#core/errors";
import type { Face } from "#faces/face";
import { openaiChat } from "#faces/openai-chat/index";
import { openrouterModels } from "#faces/openai-chat/openrouter-models";
import type { KeyCall, Route } from "#http/call";
import { requestOf } from "#http/reports/request-list";
import { decodeQuery } from "#http/request/query";
import { renderCredits, renderGeneration, renderOpenrouterKey, type UsedUntilNow } from "#http/views/openrouter";
import { AnyObject } from "#http/views/shown";
import { DAY_MS } from "#lib/time";
import { costsSince } from "./costs-since";
import { modelRoutes, showModelDoc, showModelOf } from "./models";
import { ownRoute } from "./own-route";
import { tightestBudget } from "./tightest-budget";

/** Chat Completions, told of models as OpenRouter tells of them. */
const openrouter: Face = { ...openaiChat, name: "openrouter", models: openrouterModels };

const GenerationQuery = v.object({ id: v.pipe(v.string(), v.minLength(1)) });

/** OpenRouter's own documents say what is in it. */
const OneView = v.looseObject({ data: AnyObject });
const modelViews = { list: v.looseObject({ data: v.array(AnyObject) }), one: OneView };

export const openrouterRoutes: Route[] = [
	ownRoute("/api/v1/key", key, { summary: "Show the key, as OpenRouter does", answer: OneView }),
	ownRoute("/api/v1/credits", credits, {
		summary: "Show what is left of the key's budget, as OpenRouter does",
		answer: OneView,
	}),
	ownRoute("/api/v1/generation", generation, {
		summary: "Show what a request cost, as OpenRouter does",
		query: GenerationQuery,
		answer: OneView,
		errors: ["request_not_found"],
	}),
	...modelRoutes("/api/v1/models", () => openrouter, modelViews),
	{
		method: "GET",
		path: "/api/v1/model/:id+",
		access: "key",
		face: openrouter,
		doc: showModelDoc(modelViews),
		handle: showModelOf(() => openrouter),
	},
];

async function key(call: KeyCall): Promise<Response> {
	const { name, last4, policy } = call.principal;
	const [used, budget] = await Promise.all([usedUntilNow(call), tightestBudget(call)]);
	return Response.json(renderOpenrouterKey({ name, last4, expiresAt: policy.expiresAt }, used, budget));
}

async function credits(call: KeyCall): Promise<Response> {
	const [{ total }, budget] = await Promise.all([usedUntilNow(call), tightestBudget(call)]);
	return Response.json(renderCredits(total, budget));
}

/** What stands before the id of a request in the ids of answers, in each face's own style. */
const PREFIX = /^(?:req|chatcmpl|cmpl|msg|resp|gen)_?-?/;

async function generation(call: KeyCall): Promise<Response> {
	const { id } = decodeQuery(GenerationQuery, call.url);
	const request = await requestOf(call.env, `req_${id.replace(PREFIX, "")}`, call.principal.keyId);
	if (request !== null) return Response.json(renderGeneration(id, request));
	throw GatewayError.of("request_not_found", "this key made no such request", { param: "id" });
}

/** What the key used so far, as the books have it. */
async function usedUntilNow(call: KeyCall): Promise<UsedUntilNow> {
	const date = new Date(call.receivedAt);
	const today = Math.floor(call.receivedAt / DAY_MS) * DAY_MS;
	const week = today - ((date.getUTCDay() + 6) % 7) * DAY_MS;
	const starts = [0, today, week, Date.UTC(date.getUTCFullYear(), date.getUTCMonth())];
	const [total = 0, ofDay = 0, ofWeek = 0, ofMonth = 0] = await costsSince(call, starts, call.receivedAt);
	return { total, day: ofDay, week: ofWeek, month: ofMonth };
}
