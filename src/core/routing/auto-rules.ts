// The rules by which `auto` and `balanced` choose, as they are written and checked.
import * as v from "valibot";

/** What models are compared in. */
export const SKILLS = ["general", "code", "reasoning", "vision", "tools"] as const;
export type Skill = (typeof SKILLS)[number];

/** What a request can be seen to ask for beyond plain text. */
const SIGNALS = ["images", "audio", "documents", "tools", "schema", "reasoning", "code"] as const;
export type Signal = (typeof SIGNALS)[number];

const Pattern = v.pipe(v.string(), v.minLength(1), v.maxLength(300));
const Patterns = v.pipe(v.array(Pattern), v.maxLength(200));
const Weight = v.pipe(v.number(), v.minValue(0), v.maxValue(1000));
const Tokens = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const OptimizeSchema = v.picklist(["cost", "latency", "quality", "balanced"]);

/** How much each part of the score counts, relative to the others; not all are zero. */
const WeightsSchema = v.pipe(
	v.strictObject({
		/** The model's tier in the rule's skill. */
		quality: Weight,
		/** What the request is expected to cost there, cached input included. */
		cost: Weight,
		/** Time to the first content, and to the end of the expected answer. */
		latency: Weight,
		/** Share of attempts that succeed. */
		success: Weight,
	}),
	v.check((weights) => Object.values(weights).some((weight) => weight > 0), "must have a weight above zero"),
);
export type ScoreWeights = v.InferOutput<typeof WeightsSchema>;

/** All that is given must hold; a condition without any field always holds. */
const ConditionSchema = v.strictObject({
	/** The caller marked the request with `metadata.priority: "critical"`. */
	critical: v.exactOptional(v.literal(true)),
	/** The request asks for at least one of these. */
	asks: v.exactOptional(v.pipe(v.array(v.picklist(SIGNALS)), v.minLength(1))),
	/** The request asks for none of them. */
	plain: v.exactOptional(v.literal(true)),
	/** The estimated tokens of the prompt; both ends are included. */
	input: v.exactOptional(v.strictObject({ least: v.exactOptional(Tokens), most: v.exactOptional(Tokens) })),
	/** The request's own labels, all of them, exactly. */
	metadata: v.exactOptional(v.record(v.string(), v.string())),
});
export type AutoCondition = v.InferOutput<typeof ConditionSchema>;

const RuleSchema = v.strictObject({
	/** Named when a decision is explained. */
	name: v.pipe(v.string(), v.minLength(1), v.maxLength(100)),
	when: ConditionSchema,
	/** In what the models are compared. */
	skill: v.picklist(SKILLS),
	/** Models below this tier in that skill are left out while another is left. From 1, the least, to 5. */
	tier: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(5)),
	/** Which weights apply unless the request says; null for the ones that apply to all. */
	optimize: v.nullable(OptimizeSchema),
	/** How the models are ranked: by score, or by one figure alone. */
	by: v.picklist(["score", "cheapest", "fastest", "steadiest"]),
	/**
	 * Patterns over `provider/model`, most preferred first: what matches an earlier one comes first, whatever its score.
	 */
	prefer: Patterns,
});
export type AutoRule = v.InferOutput<typeof RuleSchema>;

/** How the model `auto` chooses: data, which an admin can read and replace. */
export const AutoRulesSchema = v.strictObject({
	/** Patterns over `provider/model` of the models that it chooses among; if none of them serves here, among all. */
	pool: v.pipe(Patterns, v.minLength(1)),
	/** Which weights apply when neither the request nor the rule says. */
	optimize: OptimizeSchema,
	/** The weights of each `optimize` value. */
	weights: v.strictObject({
		cost: WeightsSchema,
		latency: WeightsSchema,
		quality: WeightsSchema,
		balanced: WeightsSchema,
	}),
	/** The first whose condition holds applies; when none does, the score in general skill alone. */
	rules: v.pipe(v.array(RuleSchema), v.maxLength(100)),
});
export type AutoRules = v.InferOutput<typeof AutoRulesSchema>;
