// Reads the built-in models from their data, and the written form that the admin API shares with it.
import * as v from "valibot";
import { SPEECH_FORMAT_NAMES } from "#core/audio/speech";
import { TIMESTAMPS } from "#core/audio/transcription";
import type { ProviderName } from "#core/ids";
import { IMAGE_SIZE, IMAGE_UNITS, RESOLUTIONS } from "#core/images/units";
import { VENDOR_TOOLS } from "#core/key/policy";
import { beginsWithRealDay } from "#lib/calendar";
import type { Model, Quality } from "./model";
import { undated } from "./model-names";
import source from "./models.json";
import { retirementOf } from "./retirements";

const Tokens = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const Effort = v.picklist(["none", "minimal", "low", "medium", "high", "xhigh", "max"]);
const Modality = v.picklist([
	...(["text", "image", "audio", "video", "pdf", "embedding", "rerank", "moderation", "speech", "transcript"] as const),
]);

/** A number of at most `decimals` decimals, in units of the last of them: read exactly or not at all. */
const exact = (decimals: number, most: number) =>
	v.pipe(
		v.number(),
		v.minValue(0),
		v.maxValue(most),
		v.check(
			(written) => Math.round(written * 10 ** decimals) / 10 ** decimals === written,
			`must have at most ${decimals} decimals: what is smaller could not be charged exactly`,
		),
		v.transform((written) => Math.round(written * 10 ** decimals)),
		v.safeInteger(),
	);
/**
 * Dollars per million tokens, which with six decimals is pico-dollars per token without rounding. No vendor is near the
 * greatest price, and below it the cost of any request is an exact integer.
 */
export const PricePerMillion = exact(6, 1000);
/** Dollars per thousand uses of a tool, which with six decimals is nano-dollars per use without rounding. */
const Fee = exact(6, 1000);
/** Dollars per unit of an image or a video, which with nine decimals is nano-dollars without rounding. */
const MediaFee = exact(9, 1000);
/** Dollars per minute, which with nine decimals is nano-dollars without rounding. */
const MinuteFee = exact(9, 1000);
/** Dollars per million characters or bytes, which with three decimals is nano-dollars of each without rounding. */
const TextFee = exact(3, 1000);
const AudioFeesSchema = v.strictObject({
	minute: v.exactOptional(MinuteFee),
	million_characters: v.exactOptional(TextFee),
	million_bytes: v.exactOptional(TextFee),
});
/** A factor in thousandths. */
const Thousandths = exact(3, 10);

const PriceSchema = v.pipe(
	v.strictObject({
		/** ISO date, UTC; absent: always. */
		from: v.optional(v.pipe(v.string(), v.isoDate(), v.check(beginsWithRealDay, "must be a date that exists"))),
		input: PricePerMillion,
		cache_read: v.optional(PricePerMillion),
		cache_write: v.optional(PricePerMillion),
		cache_write_hour: v.optional(PricePerMillion),
		output: PricePerMillion,
		audio_input: v.exactOptional(PricePerMillion),
		audio_output: v.exactOptional(PricePerMillion),
		image_input: v.exactOptional(PricePerMillion),
		image_output: v.exactOptional(PricePerMillion),
	}),
	v.transform((entry) => ({
		from: entry.from === undefined ? 0 : Date.parse(entry.from),
		price: {
			input: entry.input,
			// A vendor that names no cache price bills cached tokens as input.
			cacheRead: entry.cache_read ?? entry.input,
			cacheWrite: entry.cache_write ?? entry.input,
			cacheWriteHour: entry.cache_write_hour ?? entry.cache_write ?? entry.input,
			output: entry.output,
			...(entry.audio_input !== undefined && { audioInput: entry.audio_input }),
			...(entry.audio_output !== undefined && { audioOutput: entry.audio_output }),
			...(entry.image_input !== undefined && { imageInput: entry.image_input }),
			...(entry.image_output !== undefined && { imageOutput: entry.image_output }),
		},
	})),
);

const RulesSchema = v.pipe(
	v.strictObject({
		long_prompt: v.optional(v.strictObject({ above: Tokens, input_factor: Thousandths, output_factor: Thousandths })),
		tiers: v.optional(v.record(v.string(), Thousandths)),
		peak: v.optional(
			v.strictObject({
				factor: Thousandths,
				weekdays: v.array(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(6))),
				hours: v.array(v.tuple([v.number(), v.number()])),
			}),
		),
		use_fees: v.exactOptional(v.strictObject(v.entriesFromList(VENDOR_TOOLS, v.exactOptional(Fee)))),
		video_fees: v.exactOptional(
			v.strictObject({
				whole: v.exactOptional(MediaFee),
				second: v.exactOptional(v.record(v.pipe(v.string(), v.regex(/^\d{3,4}p$/)), MediaFee)),
			}),
		),
		image_fees: v.exactOptional(v.strictObject(v.entriesFromList(IMAGE_UNITS, v.exactOptional(MediaFee)))),
		audio_fees: v.exactOptional(AudioFeesSchema),
	}),
	v.transform(
		({ long_prompt: long, tiers, peak, use_fees: useFees, image_fees: imageFees, audio_fees: audioFees, ...more }) => ({
			...(more.video_fees && { videoFees: more.video_fees }),
			...(long && {
				longPrompt: { above: long.above, inputFactor: long.input_factor, outputFactor: long.output_factor },
			}),
			...(tiers && { tiers }),
			...(peak && { peak }),
			...(useFees && { useFees }),
			...(imageFees && { imageFees }),
			...(audioFees && {
				audioFees: {
					...(audioFees.minute !== undefined && { minute: audioFees.minute }),
					...(audioFees.million_characters !== undefined && { character: audioFees.million_characters }),
					...(audioFees.million_bytes !== undefined && { byte: audioFees.million_bytes }),
				},
			}),
		}),
	),
);

const Name = v.pipe(v.string(), v.minLength(1), v.maxLength(100));
const Names = v.pipe(v.array(Name), v.minLength(1), v.maxLength(200));

const TraitsSchema = v.strictObject({
	efforts: v.exactOptional(v.array(Effort)),
	tools_via_responses: v.exactOptional(v.picklist(["always", "unless_effort_none", "if_effort_set"])),
	responses_only: v.exactOptional(v.literal(true)),
	fixed_sampling: v.exactOptional(v.picklist(["always", "unless_effort_none"])),
	thinking: v.exactOptional(v.picklist(["budget", "level", "adaptive", "always", "toggle"])),
	no_forced_tools: v.exactOptional(v.literal(true)),
	classic: v.exactOptional(v.literal(true)),
	no_system_prompt: v.exactOptional(v.literal(true)),
	image_tokens: v.exactOptional(Tokens),
	dimensions: v.exactOptional(Tokens),
	fixed_dimensions: v.exactOptional(v.literal(true)),
	video: v.exactOptional(
		v.strictObject({
			seconds: v.pipe(v.array(Tokens), v.nonEmpty()),
			sizes: v.pipe(v.array(v.pipe(v.string(), v.regex(/^\d{3,4}x\d{3,4}$/))), v.nonEmpty()),
		}),
	),
	max_inputs: v.exactOptional(Tokens),
	sizes: v.exactOptional(v.pipe(v.array(v.pipe(v.string(), v.regex(IMAGE_SIZE))), v.minLength(1))),
	edits_only: v.exactOptional(v.literal(true)),
	max_images: v.exactOptional(Tokens),
	drawn_tokens: v.exactOptional(v.strictObject(v.entriesFromList(RESOLUTIONS, v.exactOptional(Tokens)))),
	max_pictures: v.exactOptional(Tokens),
	picture_side: v.exactOptional(Tokens),
	recording: v.exactOptional(v.picklist(["numbers", "stream"])),
	multipart: v.exactOptional(v.literal(true)),
	num_steps: v.exactOptional(v.literal(true)),
	tiles_by_step: v.exactOptional(v.literal(true)),
	steps: v.exactOptional(v.tuple([Tokens, Tokens])),
	timestamps: v.exactOptional(v.array(v.picklist(TIMESTAMPS))),
	speakers: v.exactOptional(v.literal(true)),
	translates: v.exactOptional(v.literal(false)),
	languages: v.exactOptional(Names),
	voices: v.exactOptional(Names),
	voice: v.exactOptional(Name),
	speech_formats: v.exactOptional(v.pipe(v.array(v.picklist(SPEECH_FORMAT_NAMES)), v.minLength(1))),
	speech_events: v.exactOptional(v.literal(true)),
	fixed_speed: v.exactOptional(v.literal(true)),
});

const Tier = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(5));
/** Skills that are not named are as the general one. */
const QualitySchema = v.pipe(
	v.strictObject({
		general: Tier,
		code: v.optional(Tier),
		reasoning: v.optional(Tier),
		vision: v.optional(Tier),
		tools: v.optional(Tier),
	}),
	v.transform(
		({ general, code, reasoning, vision, tools }): Quality => ({
			general,
			code: code ?? general,
			reasoning: reasoning ?? general,
			vision: vision ?? general,
			tools: tools ?? general,
		}),
	),
);
const Tag = v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,40}$/));

/** One model of a provider, as written in the catalog and in the admin API. */
export const ModelSchema = v.strictObject({
	id: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
	aliases: v.optional(v.array(v.pipe(v.string(), v.minLength(1))), []),
	context: v.optional(v.nullable(Tokens), null),
	max_output: v.optional(v.nullable(Tokens), null),
	input: v.optional(v.array(Modality), ["text"]),
	output: v.optional(v.array(Modality), ["text"]),
	tools: v.optional(v.boolean(), true),
	json_schema: v.optional(v.boolean(), false),
	reasoning: v.optional(v.boolean(), false),
	traits: v.optional(TraitsSchema, {}),
	prices: v.optional(v.array(PriceSchema), []),
	rules: v.optional(RulesSchema, {}),
	family: v.optional(v.nullable(v.pipe(v.string(), v.minLength(1), v.maxLength(200))), null),
	quality: v.optional(v.nullable(QualitySchema), null),
	regions: v.optional(v.array(Tag), []),
	/** Its capabilities are not known: all are supposed. */
	supposed: v.optional(v.boolean(), false),
	/** Its vendor has given it up, or said that it will. */
	deprecated: v.optional(v.boolean(), false),
	/** An admin does not want it served. */
	hidden: v.optional(v.boolean(), false),
});

/** A model's fields as they are written. */
export type WrittenModel = Readonly<Record<string, unknown>>;

/** The written form of a model in the form that the gateway works with. */
export function toModel(provider: ProviderName, entry: v.InferOutput<typeof ModelSchema>): Model {
	const retirement =
		retirementOf(provider, (undated(entry.id) ?? entry.id).toLowerCase()) ??
		(entry.deprecated ? { on: null, successor: null } : null);
	return {
		provider,
		id: entry.id,
		aliases: entry.aliases,
		context: entry.context,
		maxOutput: entry.max_output,
		input: entry.input,
		output: entry.output,
		tools: entry.tools,
		jsonSchema: entry.json_schema,
		reasoning: entry.reasoning,
		traits: entry.traits,
		prices: entry.prices.toSorted((a, b) => a.from - b.from),
		rules: entry.rules,
		family: entry.family,
		quality: entry.quality,
		regions: entry.regions,
		...(entry.supposed && { supposed: true }),
		...(retirement !== null && { retirement }),
	};
}

/** A built-in model as it is written, with where its figures come from, and as the gateway works with it. */
export interface CatalogEntry {
	readonly written: WrittenModel;
	readonly source: string;
	/** An ISO date, perhaps without its day. */
	readonly asOf: string;
	readonly model: Model;
}

const EntrySchema = v.looseObject({ provider: v.string(), source: v.string(), as_of: v.string() });

export const CATALOG: readonly CatalogEntry[] = v.parse(v.array(EntrySchema), source).map((entry) => {
	const { provider, source, as_of: asOf, ...written } = entry;
	return { written, source, asOf, model: toModel(provider as ProviderName, v.parse(ModelSchema, written)) };
});

/** Every model of the built-in providers, in the catalog's order. */
export const BUILT_IN_MODELS: readonly Model[] = CATALOG.map(({ model }) => model);
