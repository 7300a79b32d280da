// Leaves out the models that the request does not permit or that cannot do what it asks.
import type { Model } from "#catalog/model";
import { MIN_OUTPUT_TOKENS } from "#core/request-limits";
import { priceAt } from "#metering/cost";
import type { Requirements } from "#operations/operation";
import { isWithin, targetOf } from "#router/models/model-access";
import type { ResolvedTarget } from "#router/models/resolve-model";
import type { Excluded } from "#router/plan";
import type { ProviderPreference, RouteRequest } from "#router/route-request";

/** What the filters look at. */
interface Fitting {
	/** Null for a model that is named alone: what it cannot do, its provider knows best. */
	readonly requirements: Requirements | null;
	readonly routeRequest: RouteRequest;
	/** Milliseconds since the epoch; decides which price is in force. */
	readonly now: number;
}

interface Filtered {
	readonly targets: readonly ResolvedTarget[];
	readonly excluded: Excluded[];
}

/** USD per million tokens in pico-dollars per token. */
const PICO = 1e6;

/**
 * Leaves out the models that are for another operation, that the request does not permit, and those that cannot do what
 * it asks. What rests on an
 * estimate or costs only part of the answer (room for the prompt, for the output, reasoning) excludes a model only
 * while another one is left: the provider decides in the end.
 */
export function filtered(targets: readonly ResolvedTarget[], { requirements, routeRequest, now }: Fitting): Filtered {
	const { provider } = routeRequest.preference;
	const preference = typeof provider === "object" ? provider : null;
	const excluded: Excluded[] = [];
	const { operation } = routeRequest;
	const fitted = without(targets, excluded, (model) =>
		operation.routing.serves(model) ? null : `operation:${operation.name}`,
	);
	const { account } = routeRequest.preference;
	const near = without(fitted, excluded, ({ provider: name }) =>
		account === undefined || name === account.provider ? null : `files_at:${account.provider}`,
	);
	const permitted = without(near, excluded, (model) => forbidden(model, preference, now));
	if (requirements === null) return { targets: permitted, excluded };
	const able = without(permitted, excluded, (model) => {
		const lack = operation.routing.lacking?.(model, routeRequest.request) ?? null;
		return lack === null ? unable(model, requirements) : `capability:${lack.what}`;
	});
	const unfit: Excluded[] = [];
	const fit = without(able, unfit, (model) => unsuited(model, requirements, routeRequest));
	return fit.length === 0 ? { targets: able, excluded } : { targets: fit, excluded: [...excluded, ...unfit] };
}

function without(
	targets: readonly ResolvedTarget[],
	excluded: Excluded[],
	why: (model: Model) => string | null,
): readonly ResolvedTarget[] {
	return targets.filter(({ model }) => {
		const reason = why(model);
		if (reason !== null) excluded.push({ target: targetOf(model), reason, until: null });
		return reason === null;
	});
}

function forbidden(model: Model, preference: ProviderPreference | null, now: number): string | null {
	if (preference === null) return null;
	const { regions, max_price: ceiling } = preference;
	if (!isWithin(regions, model)) return "region";
	return ceiling === undefined || isAffordable(model, ceiling, now) ? null : "price";
}

function isAffordable(model: Model, ceiling: NonNullable<ProviderPreference["max_price"]>, now: number): boolean {
	const price = priceAt(model, now);
	if (price === null) return false;
	const { prompt = Number.POSITIVE_INFINITY, completion = Number.POSITIVE_INFINITY } = ceiling;
	return price.input <= prompt * PICO && price.output <= completion * PICO;
}

function unable(model: Model, requirements: Requirements): string | null {
	for (const modality of requirements.input) if (!model.input.includes(modality)) return `capability:${modality}`;
	for (const modality of requirements.output)
		if (!model.output.includes(modality)) return `capability:${modality}_output`;
	if (requirements.tools && !model.tools) return "capability:tools";
	return requirements.schema && !model.jsonSchema ? "capability:json_schema" : null;
}

function unsuited(model: Model, requirements: Requirements, routeRequest: RouteRequest): string | null {
	if (requirements.reasoning && !model.reasoning) return "capability:reasoning";
	const output = routeRequest.operation.outputLimit(routeRequest.request) ?? MIN_OUTPUT_TOKENS;
	if (model.maxOutput !== null && output > model.maxOutput) return "output";
	if (model.context === null) return null;
	return routeRequest.inputTokens + Math.min(output, MIN_OUTPUT_TOKENS) > model.context ? "context" : null;
}
