// Decodes changes of a model and checks its prices and names.
import * as v from "valibot";
import { ModelSchema, type WrittenModel } from "#catalog/catalog";
import { invalidRequest } from "#core/errors";
import { isObject } from "#lib/json";
import { AUTO } from "#router/models/resolve-model";

const FIELDS = new Set(Object.keys(ModelSchema.entries).filter((field) => field !== "id"));
const Prices = v.array(v.object({ from: v.exactOptional(v.string()) }));

/**
 * The fields of an override when a body's are laid over them; null in the body takes one off. Whether they make a model
 * is not looked at. Throws `GatewayError` 400 for a field that a model does not have.
 */
export function changedFields(before: WrittenModel, body: unknown): WrittenModel {
	if (!isObject(body)) throw invalidRequest("the request body must be a JSON object");
	const unknown = Object.keys(body).find((field) => !FIELDS.has(field));
	if (unknown !== undefined) {
		throw invalidRequest(`\`${unknown}\` is not a field that can be overridden`, unknown);
	}
	return Object.fromEntries(Object.entries({ ...before, ...body }).filter(([, value]) => value !== null));
}

/** The fields of a model that an admin adds, with its id. Throws `GatewayError` 400 where they are not a model's. */
export function newModel(body: unknown): WrittenModel & { readonly id: string } {
	if (!isObject(body)) throw invalidRequest("the request body must be a JSON object");
	const { id, ...fields } = body;
	if (typeof id !== "string" || id === "") throw invalidRequest("`id` must be the id of the model", "id");
	return { ...changedFields({}, fields), id };
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

/**
 * Throws `GatewayError` 400 for a name that could not be asked for: one that means the gateway's own choice, or one
 * that two models of a provider share, since names are the same in any case. `param` says where a model's field stands.
 */
export function checkNames(
	models: readonly WrittenModel[],
	param: (index: number, field: "id" | "aliases" | "family") => string,
): void {
	const owners = new Map<string, number>();
	for (const [index, model] of models.entries()) {
		if (isAuto(model.family)) throw meansAuto(param(index, "family"));
		const { id, aliases } = model;
		for (const [field, name] of [
			["id", id] as const,
			...namesIn(aliases).map((alias) => ["aliases", alias] as const),
		]) {
			if (isAuto(name)) throw meansAuto(param(index, field));
			const key = String(name).toLowerCase();
			const owner = owners.get(key);
			if (owner !== undefined && owner !== index) {
				throw invalidRequest(
					`\`${name}\` is the name of another of these models; case makes no difference`,
					param(index, field),
				);
			}
			owners.set(key, index);
		}
	}
}

function namesIn(aliases: unknown): readonly unknown[] {
	return Array.isArray(aliases) ? aliases : [];
}

function isAuto(name: unknown): boolean {
	return typeof name === "string" && name.toLowerCase() === AUTO;
}

function meansAuto(param: string) {
	return invalidRequest(`\`${AUTO}\` means the gateway's own choice; choose another name`, param);
}
