// The errors that a caller gets when nothing can serve its request.
import type { Model } from "#catalog/model";
import { vendorNamed } from "#catalog/model-names";
import { GatewayError, quoted } from "#core/errors";
import type { KeyPolicy } from "#core/key/policy";
import { leastOf } from "#lib/list";
import { canonicalProvider } from "#providers/names";
import type { ServingProvider } from "#providers/provider";
import type { Directory } from "#router/models/directory";
import { mayUse } from "#router/models/model-access";
import { nearest } from "#router/models/nearest";
import type { Excluded } from "./plan";
import type { RoutePreference } from "./route-request";

export function notAllowed(name: string): GatewayError {
	return GatewayError.of("model_not_allowed", `this API key may not use ${quoted(name)}`, { param: "model" });
}

export function stateNotAllowed(field: string): GatewayError {
	return GatewayError.of(
		"vendor_state_not_allowed",
		`\`${field}\` has a vendor keep something, or draws on what its account keeps; this API key may do so only when an admin sets \`vendor_state\` to true in its policy`,
		{ param: field },
	);
}

export function notFound(name: string, directory: Directory, policy: KeyPolicy, at?: ServingProvider): GatewayError {
	const providers = at === undefined ? [...directory.providers.values()] : [at];
	const ids = providers.flatMap((provider) =>
		provider.models
			.filter((model) => mayUse(policy, model))
			.map((model) => (name.includes("/") && !at ? `${provider.name}/${model.id}` : model.id)),
	);
	const names = at === undefined ? [...directory.aliases.keys(), ...ids] : ids;
	const prefix = canonicalProvider(name.split("/", 1)[0] ?? "");
	const vendor = directory.unavailable.has(prefix) ? prefix : (vendorNamed(name) ?? "");
	const hint = directory.unavailable.has(vendor)
		? `; provider \`${vendor}\` is not configured here`
		: didYouMean(nearest(name, names));
	return GatewayError.of(
		"model_not_found",
		`there is no model ${quoted(name)}${at === undefined ? "" : ` at provider \`${at.name}\``}${hint}`,
		{ param: "model" },
	);
}

/** The model that a key may use whose id is nearest to one that its provider does not have, as `provider/model`. */
export function nearestModel(
	{ provider, id }: Pick<Model, "provider" | "id">,
	directory: Directory,
	policy: KeyPolicy,
): string | undefined {
	const models = directory.providers.get(provider)?.models ?? [];
	const near = nearest(
		id,
		models.filter((model) => mayUse(policy, model)).map((model) => model.id),
	);
	return near && `${provider}/${near}`;
}

export function providerMissing(name: string, canonical: string, directory: Directory): GatewayError {
	return GatewayError.of(
		"provider_not_found",
		directory.unavailable.has(canonical)
			? `provider ${quoted(canonical)} is not configured here: it is disabled or has no credential`
			: `there is no provider ${quoted(name)}${didYouMean(nearest(name, directory.providers.keys()))}`,
		{ param: "provider" },
	);
}

/** 400: models were found, and what the request asks leaves none of them. */
export function noCandidate({ model, models }: RoutePreference, excluded: readonly Excluded[]): GatewayError {
	const name = model ?? models?.[0] ?? "the provider's default";
	const reasons = excluded.map(({ target, reason }) => `${target} (${reason})`).join(", ");
	return GatewayError.of("no_candidate", `nothing that ${quoted(name)} means can serve this request: ${reasons}`, {
		param: "model",
		metadata: { excluded },
	});
}

/** 400: the names mean models whose answers cannot be compared, each of which is named by one of its targets. */
export function mixed({ model, models }: RoutePreference, targets: readonly string[]): GatewayError {
	const name = model ?? models?.[0] ?? "the provider's default";
	return GatewayError.of(
		"no_candidate",
		`${quoted(name)} mixes models whose vectors cannot be compared (${targets.join(", ")}): name one of them, or, if they are the same, have an admin give them one \`family\``,
		{ param: "model" },
	);
}

/**
 * All targets that could serve are shut: 429 when the vendor throttles every one of them, else 503. Says when the first
 * of them may serve again, if health knows.
 */
export function allShut(excluded: readonly Excluded[], now: number): GatewayError {
	const shut = excluded.filter(({ reason }) => reason.startsWith("health:"));
	const reopenings = shut.flatMap(({ until }) => (until === null ? [] : [until]));
	const reasons = shut.map(({ target, reason }) => `${target} (${reason.slice("health:".length)})`).join(", ");
	const areThrottled = shut.every(({ reason }) => reason === "health:throttled");
	const code = areThrottled ? "rate_limit_exceeded" : "no_provider_available";
	return GatewayError.of(code, `no provider can serve this now: ${reasons}`, {
		...(reopenings.length > 0 && { retryAfterMs: Math.max(0, leastOf(reopenings) - now) }),
		metadata: { excluded },
	});
}

export function didYouMean(suggestion: string | undefined): string {
	return suggestion === undefined ? "" : `; did you mean \`${suggestion}\`?`;
}
