// What the faces of operations beside chat read alike: who should serve, for whom, and what the gateway does not know.
import * as v from "valibot";
import { ProviderSchema } from "#faces/openai-chat/preference";
import { EndUser } from "#faces/openai-chat/schema";
import { TargetName, TargetNames } from "#faces/openai-chat/target-name";
import { isObject, type JsonObject } from "#lib/json";
import type { RoutePreference } from "#router/route-request";

/** The most names in `models`. */
const MAX_MODELS = 32;

export const STANDALONE_FIELDS = {
	model: v.exactOptional(TargetName),
	models: v.exactOptional(v.pipe(TargetNames, v.maxLength(MAX_MODELS, `must have at most ${MAX_MODELS} names`))),
	provider: v.exactOptional(ProviderSchema),
	user: v.exactOptional(EndUser),
	stream: v.exactOptional(v.literal(false, "can only be false: there is no stream of this")),
};
const WireSchema = v.looseObject(STANDALONE_FIELDS);

/** At the top `null` means an absent field. */
export function withoutNulls(body: Record<string, unknown>): Record<string, unknown> {
	return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}

/** What a request says about which target should serve it. */
export function preferenceOf({
	model,
	models,
	provider,
}: Pick<v.InferOutput<typeof WireSchema>, "model" | "models" | "provider">): RoutePreference {
	return {
		...(model !== undefined && { model }),
		...(models !== undefined && { models }),
		...(provider !== undefined && { provider }),
	};
}

interface Extensions {
	readonly extensions: JsonObject;
	readonly providerExtensions: Readonly<Record<string, JsonObject>>;
}

/**
 * The fields that are not `known`. An object field named after a provider holds that provider's own parameters:
 * `providerNamed` returns the canonical name of one.
 */
export function extensionsOf(
	wire: Readonly<Record<string, unknown>>,
	known: ReadonlySet<string>,
	providerNamed: (field: string) => string | undefined,
): Extensions {
	const extensions: JsonObject = {};
	const providerExtensions: Record<string, JsonObject> = {};
	for (const [field, value] of Object.entries(wire)) {
		if (known.has(field)) continue;
		const provider = isObject(value) ? providerNamed(field) : undefined;
		// They come from parsed JSON.
		if (provider === undefined) extensions[field] = value as JsonObject[string];
		else providerExtensions[provider] = value as JsonObject;
	}
	return { extensions, providerExtensions };
}
