/**
 * What a request to a vendor's own API may not hold: whatever the gateway refuses elsewhere, too, because nothing
 * bounds or tells what it costs, or because it lives in an account that all teams share.
 */
import { foldedName } from "#core/chat/field-name";
import { stateWithin } from "#core/chat/vendor-state";
import { GatewayError, invalidRequest, unsupportedParameter } from "#core/errors";
import { isObject, type JsonObject } from "#lib/json";
import { greatestOf } from "#lib/list";
import type { NativeApi, NativeEndpoint } from "#operations/native/endpoint";
import { fieldAt } from "#operations/native/fields";

/** The most answers that one request may ask for. */
const MAX_CHOICES = 128;
/** Tiers at the vendor's standard price, or by its account's choice. */
const STANDARD_TIERS: readonly unknown[] = [undefined, null, "auto", "default", "standard", "standard_only"];
/** Fields that the gateway reads at the top of any body. */
const READ = ["model", "stream", "stream_options", "service_tier", "store", "background", "prediction"];
const MESSAGES = ["messages", "input", "contents", "tools", "tool_choice"];

/** Throws `GatewayError` for the first thing in a body that may not be there. */
export function refuseInBody(body: JsonObject, endpoint: NativeEndpoint): void {
	const { limits = [], choices, refused = [], tiers = [] } = endpoint;
	refuseLookalikes(body, [...READ, ...MESSAGES, ...limits, ...refused, ...(choices === undefined ? [] : [choices])]);
	for (const field of refused) {
		const value = fieldAt(body, field);
		if (value !== undefined && value !== null) {
			throw unsupportedParameter(
				field,
				`\`${field}\` cannot be set here, because the price or the vendor's account hangs on it`,
			);
		}
	}
	if (!STANDARD_TIERS.includes(body.service_tier) && !tiers.some((tier) => tier === body.service_tier)) {
		throw unsupportedParameter("service_tier", "this tier of service has a price that is not known here");
	}
	const state = stateWithin(body);
	if (state !== null) {
		throw GatewayError.of(
			"vendor_state_not_allowed",
			`\`${state}\` has the vendor keep something, or draws on what its account keeps; the vendor's own API is passed on without that`,
			{ param: state },
		);
	}
}

/** The number of answers that a body asks for. Throws `GatewayError` for what is no such number. */
export function choicesOf(body: JsonObject, { choices }: NativeEndpoint): number {
	const wanted = choices === undefined ? undefined : fieldAt(body, choices);
	if (wanted === undefined || wanted === null) return 1;
	if (typeof wanted === "number" && Number.isInteger(wanted) && wanted >= 1 && wanted <= MAX_CHOICES) return wanted;
	throw invalidRequest(`\`${choices}\` must be a whole number from 1 to ${MAX_CHOICES}`, choices);
}

/** The most output tokens per answer that a body asks for; undefined where the vendor keeps to no limit in it. */
export function limitOf(body: JsonObject, { limits = [] }: NativeEndpoint): number | undefined {
	const set = limits.map((path) => fieldAt(body, path)).filter((limit) => limit !== undefined && limit !== null);
	const good = set.filter(
		(limit): limit is number => typeof limit === "number" && Number.isInteger(limit) && limit > 0,
	);
	return set.length === 0 || good.length < set.length ? undefined : greatestOf(good);
}

/** Throws `GatewayError` 400 for a parameter of the query that the vendor might make something of. */
export function refuseInQuery(query: URLSearchParams, { query: known = [] }: NativeApi): void {
	for (const name of query.keys()) {
		if (!known.includes(name)) throw unsupportedParameter(name, "this parameter of the query is not passed on");
	}
	const alt = query.get("alt") ?? query.get("$alt") ?? "json";
	if (alt !== "json" && alt !== "sse") throw unsupportedParameter("alt", "`alt` may be `json` or `sse`");
}

/** Throws `GatewayError` 400 where a body names another model than the path. */
export function refuseOtherModels(body: JsonObject, named: string): void {
	const { model, requests, generateContentRequest: counted } = body;
	const others = [model, ...(Array.isArray(requests) ? requests : []).map(modelIn), modelIn(counted)];
	for (const other of others) {
		if (other === undefined || other === named || other === `models/${named}`) continue;
		throw invalidRequest("the body names another model than the path", "model");
	}
}

function modelIn(holder: unknown): unknown {
	return isObject(holder) ? holder.model : undefined;
}

/** A name that a lenient server takes for another one would be read there and not here. */
function refuseLookalikes(body: JsonObject, paths: readonly string[]): void {
	for (const path of paths) {
		const names = path.split(".");
		for (let depth = 0; depth < names.length; depth++) {
			const holder = depth === 0 ? body : fieldAt(body, names.slice(0, depth).join("."));
			const own = names[depth] ?? "";
			if (!isObject(holder)) break;
			const folded = foldedName(own);
			const other = Object.keys(holder).find((name) => name !== own && foldedName(name) === folded);
			if (other !== undefined)
				throw unsupportedParameter(other, `\`${other}\` is written like \`${own}\`, and is not it`);
		}
	}
}
