// Decodes an alias's definition.
import * as v from "valibot";
import { invalidRequest } from "#core/errors";
import { MAX_REQUEST_MS } from "#core/request-limits";
import type { Alias } from "#core/routing/alias";
import type { AliasDefinition } from "#store/config/document-kinds";
import { Weight } from "./body";
import { Usd } from "./usd";

/**
 * How long a stream is looked at, unless the alias says otherwise: pieces come in clumps, and callers wait meanwhile.
 */
const LOOK_MS = 3_000;
const MAX_LOOK_MS = 30_000;
/** The most that each copy of a hedged request may hold, unless the alias says otherwise. */
const HEDGE_USD = "0.01";

/** It stands where a model's name does, in a path as well. No slash, because `provider/model` is split at one. */
export const AliasName = v.pipe(
	v.string(),
	v.regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, "must be made of lower-case letters, digits, `.`, `_` and `-`"),
);

const ModelName = v.pipe(
	v.string(),
	v.trim(),
	v.minLength(1, "must not be empty"),
	v.maxLength(200, "must have at most 200 characters"),
);

/** A model alone, or with its weight. */
const Target = v.lazy((input): typeof PlainTarget | typeof WeightedTarget =>
	typeof input === "string" ? PlainTarget : WeightedTarget,
);
const PlainTarget = v.pipe(
	ModelName,
	v.transform((model): TargetBody => ({ model })),
);
const WeightedTarget = v.strictObject({ model: ModelName, weight: v.exactOptional(Weight) });
interface TargetBody {
	readonly model: string;
	readonly weight?: number;
}

const Milliseconds = v.pipe(
	v.number(),
	v.integer("must be a whole number"),
	v.minValue(1, "must be at least 1"),
	v.maxValue(MAX_REQUEST_MS, `must be at most ${MAX_REQUEST_MS / 60_000} minutes`),
);

const FallThrough = v.lazy(
	(input): v.GenericSchema<unknown, Alias["fallThrough"]> =>
		typeof input === "boolean"
			? v.pipe(
					v.boolean(),
					v.transform((both) => ({ content: both, context: both })),
				)
			: v.strictObject({ content: v.optional(v.boolean(), false), context: v.optional(v.boolean(), false) }),
);

const Hedge = v.strictObject({
	after_ms: v.optional(v.nullable(Milliseconds), null),
	max_usd: v.optional(v.pipe(Usd, v.minValue(0, "must not be negative")), HEDGE_USD),
});

const SlowStream = v.strictObject({
	tokens_per_second: v.pipe(
		v.number(),
		v.minValue(1, "must be from 1 to 1000"),
		v.maxValue(1_000, "must be from 1 to 1000"),
	),
	for_ms: v.optional(v.pipe(Milliseconds, v.maxValue(MAX_LOOK_MS, "must be at most 30 seconds")), LOOK_MS),
});

const Downgrade = v.strictObject({
	above: v.pipe(v.number(), v.minValue(0, "must be from 0 to 1"), v.maxValue(1, "must be from 0 to 1")),
	model: ModelName,
});

/** What an alias says, as the admin API writes it, beside its name. */
export const definitionFields = {
	models: v.pipe(
		v.array(Target),
		v.minLength(1, "must not be empty"),
		v.maxLength(20, "must have at most 20 entries"),
		v.check(
			(targets) => new Set(targets.map(({ model }) => model.toLowerCase())).size === targets.length,
			"must not list a model twice",
		),
	),
	strategy: v.exactOptional(
		v.picklist(["priority", "weighted", "cheapest", "fastest", "steadiest", "balanced", "auto"]),
	),
	weights: v.exactOptional(v.array(Weight)),
	optimize: v.optional(v.picklist(["cost", "latency", "quality", "balanced"]), "balanced"),
	sticky: v.optional(v.boolean(), true),
	fall_through: v.optional(FallThrough, false),
	escalate: v.optional(v.boolean(), false),
	hedge: v.optional(v.nullable(Hedge), null),
	downgrade: v.optional(v.nullable(Downgrade), null),
	slow_stream: v.optional(v.nullable(SlowStream), null),
	cache_prompts: v.optional(v.boolean(), false),
	timeout_ms: v.optional(v.nullable(Milliseconds), null),
	ttft_timeout_ms: v.optional(v.nullable(Milliseconds), null),
};
const DefinitionFields = v.object(definitionFields);
type DefinitionBody = v.InferOutput<typeof DefinitionFields>;

/** Throws `GatewayError` 400 for weights that do not fit the models. */
export function definitionOf(body: DefinitionBody): AliasDefinition {
	const { models, weights, hedge, downgrade, slow_stream: slow } = body;
	const ownWeights = models.some(({ weight }) => weight !== undefined);
	if (weights !== undefined && (ownWeights || weights.length !== models.length)) {
		throw invalidRequest(
			"`weights` must have one entry for each of `models`, and none of those a weight of its own",
			"weights",
		);
	}
	return {
		targets: models.map(({ model, weight }, index) => ({ model, weight: weights?.[index] ?? weight ?? 1 })),
		strategy: body.strategy ?? (ownWeights || weights !== undefined ? "weighted" : "priority"),
		optimize: body.optimize,
		sticky: body.sticky,
		fallThrough: body.fall_through,
		escalate: body.escalate,
		hedge: hedge && { afterMs: hedge.after_ms, mostHeld: hedge.max_usd },
		downgrade,
		slowStream: slow && { tokensPerSecond: slow.tokens_per_second, forMs: slow.for_ms },
		...(body.cache_prompts && { cachePrompts: true }),
		timeoutMs: body.timeout_ms,
		ttftTimeoutMs: body.ttft_timeout_ms,
	};
}
