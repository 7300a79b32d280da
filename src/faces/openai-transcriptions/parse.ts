/** Parses the form of a transcription or a translation into the canonical request. */
import * as v from "valibot";
import { TIMESTAMPS, type Timestamp, type TranscriptionRequest } from "#core/audio/transcription";
import { invalidRequest } from "#core/errors";
import { validationError } from "#core/validation-error";
import type { Parsed } from "#faces/face";
import { FileSchema, Flag, holdsFile, withObjects } from "#faces/form-texts";
import { ProviderSchema } from "#faces/openai-chat/preference";
import { EndUser } from "#faces/openai-chat/schema";
import { extensionsOf, preferenceOf, STANDALONE_FIELDS } from "#faces/standalone-fields";
import { audioFacts } from "#lib/audio/length";
import { isObject } from "#lib/json";

const FORMATS = ["json", "text", "srt", "verbose_json", "vtt", "diarized_json"] as const;
type TranscriptFormat = (typeof FORMATS)[number];

/** How the caller wants its answer written. */
export interface TranscriptStyle {
	readonly format: TranscriptFormat;
	readonly translates: boolean;
}

/** The longest prompt, in characters; models read the last few hundred tokens of it. */
const MAX_PROMPT_CHARACTERS = 8_192;
/** The longest name of a language, such as "en" or "zh-Hant", in characters. */
const MAX_LANGUAGE_CHARACTERS = 16;

/** A number as a form has it. */
const Decimal = v.pipe(v.string(), v.regex(/^\d(?:\.\d{1,9})?$/, "must be a number from 0 to 1"), v.transform(Number));

/** Fields that the gateway reads; everything else is kept, as far as it is text. */
const FIELDS = {
	model: STANDALONE_FIELDS.model,
	models: STANDALONE_FIELDS.models,
	provider: v.exactOptional(ProviderSchema),
	file: FileSchema,
	language: v.exactOptional(v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_LANGUAGE_CHARACTERS))),
	prompt: v.exactOptional(v.pipe(v.string(), v.maxLength(MAX_PROMPT_CHARACTERS))),
	response_format: v.exactOptional(v.picklist(FORMATS), "json"),
	temperature: v.exactOptional(v.pipe(Decimal, v.maxValue(1))),
	timestamp_granularities: v.exactOptional(v.pipe(v.array(v.picklist(TIMESTAMPS)), v.maxLength(TIMESTAMPS.length))),
	stream: v.exactOptional(Flag, "false"),
	user: v.exactOptional(EndUser),
};
const RequestSchema = v.looseObject(FIELDS);
/** The form as it is described: a file is bytes there. */
export const FormSchema = v.looseObject({
	...FIELDS,
	file: v.pipe(v.string(), v.description("the bytes of the recording")),
});
const KNOWN: ReadonlySet<string> = new Set(Object.keys(FIELDS));

/** Throws `GatewayError` 400 naming the offending field. */
export function parseTranscription(
	body: unknown,
	providerNamed: (field: string) => string | undefined,
	translates: boolean,
): Parsed<TranscriptionRequest, TranscriptStyle> {
	if (!isObject(body)) throw invalidRequest("the request body must be a form");
	const result = v.safeParse(RequestSchema, withObjects(body, providerNamed), { abortEarly: true });
	if (!result.success) throw validationError(result.issues[0]);
	const { file, language, prompt, temperature, user, stream, response_format: format, ...wire } = result.output;
	const extra = Object.entries(wire).find(([, value]) => holdsFile(value));
	if (extra !== undefined) throw invalidRequest(`\`${extra[0]}\` may not be a file`, extra[0]);
	if (file.size === 0) throw invalidRequest("`file` is empty", "file");
	const timestamps = timestampsOf(format, wire.timestamp_granularities);
	if (stream && (translates || timestamps.length > 0))
		throw invalidRequest("`stream` is for transcriptions as json, text or diarized_json, without times", "stream");
	if (format === "diarized_json" && translates)
		throw invalidRequest("`diarized_json` is for transcriptions", "response_format");
	return {
		request: {
			stream,
			translates,
			file,
			facts: audioFacts(file.bytes),
			...(language !== undefined && { language }),
			...(prompt !== undefined && prompt !== "" && { prompt }),
			...(temperature !== undefined && { temperature }),
			timestamps,
			...(format === "diarized_json" && { speakers: true }),
			...(user !== undefined && { user }),
			...extensionsOf(wire, KNOWN, providerNamed),
		},
		preference: preferenceOf(wire),
		style: { format, translates },
		relays: false,
	};
}

/** Times of segments are what is usual where a format has them; words alone may be asked for as JSON. */
function timestampsOf(format: TranscriptFormat, asked: readonly Timestamp[] | undefined): readonly Timestamp[] {
	if (format === "json" || format === "text" || format === "diarized_json") {
		if (asked === undefined || asked.length === 0) return [];
		throw invalidRequest("`timestamp_granularities` needs `response_format: verbose_json`", "timestamp_granularities");
	}
	if (format === "verbose_json" && asked !== undefined && asked.length > 0) return [...new Set(asked)];
	return ["segment"];
}
