import * as v from "valibot";
import { ModelSchema, type WrittenModel } from "#catalog/catalog";
import { invalidRequest } from "#core/errors";
import { isObject } from "#lib/json";

const FIELDS = new Set(Object.keys(ModelSchema.entries).filter((field) => field !== "id"));
const Prices = v.array(v.object({ from: v.exactOptional(v.string()) }));

/**
 * The fields of an override when a body's are laid over them; null in the body takes one off. Whether they make a model is
 * not looked at. Throws `GatewayError` 400 for a field that a model does not have.
 */
export function changedFields(before: WrittenModel, body: unknown): WrittenModel {
	if (!isObject(body)) throw invalidRequest("the request body must be a JSON object");
	const unknown = Object.keys(body).find((field) => !FIELDS.has(field));
	if (unknown !== undefined) {
		throw invalidRequest(`\`${unknown}\` is not a field that can be overridden`, unknown);
	}
	return Object.fromEntries(Object.entries({ ...before, ...body }).filter(([, value]) => value !== null));
}

/**
 * Throws `GatewayError` 400 for prices of which none holds yet: they would replace the one that holds, and a key with a
 * budget could not use the model until they do.
 */
export function checkPrices({ prices }: WrittenModel, now: number): void {
	if (prices === undefined) return;
	const entries = v.parse(Prices, prices);
	if (entries.length > 0 && entries.every(({ from }) => from !== undefined && Date.parse(from) > now)) {
		throw invalidRequest(
			"`prices` replaces all of the model's prices, so one entry must hold now: give one without `from`, or from a day that is past",
			"prices",
		);
	}
}
