/** Parses a request for speech into the canonical one. */
import * as v from "valibot";
import { SPEECH_FORMAT_NAMES, type SpeechFormat, type SpeechRequest } from "#core/audio/speech";
import { invalidRequest } from "#core/errors";
import { validationError } from "#core/validation-error";
import type { Parsed } from "#faces/face";
import { extensionsOf, preferenceOf, STANDALONE_FIELDS, withoutNulls } from "#faces/standalone-fields";
import { isObject } from "#lib/json";

/** How the caller wants the sound handed over. */
export interface SpeechStyle {
	/** As events, each with a piece in base64; else as bytes. */
	readonly events: boolean;
	readonly format: SpeechFormat | undefined;
}

/** The longest text, in UTF-16 units. OpenAI reads 4,096 characters, other vendors more. */
const MAX_INPUT_CHARACTERS = 65_536;
/** As OpenAI has it, in characters. */
const MAX_INSTRUCTIONS_CHARACTERS = 4_096;
const MAX_VOICE_CHARACTERS = 200;

const Voice = v.pipe(v.string(), v.minLength(1, "must not be empty"), v.maxLength(MAX_VOICE_CHARACTERS));

/** Fields that the gateway reads; everything else is kept. */
const FIELDS = {
	...STANDALONE_FIELDS,
	input: v.pipe(
		v.string(),
		v.minLength(1, "must not be empty"),
		v.maxLength(MAX_INPUT_CHARACTERS, `must have at most ${MAX_INPUT_CHARACTERS} characters`),
	),
	voice: v.exactOptional(v.union([Voice, v.object({ id: Voice })])),
	instructions: v.exactOptional(v.pipe(v.string(), v.maxLength(MAX_INSTRUCTIONS_CHARACTERS))),
	response_format: v.exactOptional(v.picklist(SPEECH_FORMAT_NAMES)),
	speed: v.exactOptional(v.pipe(v.number(), v.minValue(0.25), v.maxValue(4))),
	stream_format: v.exactOptional(v.picklist(["audio", "sse"]), "audio"),
	/** Sound comes as it is made whatever it says. */
	stream: v.exactOptional(v.boolean()),
};
export const RequestSchema = v.looseObject(FIELDS);
const KNOWN: ReadonlySet<string> = new Set(Object.keys(FIELDS));

/** Throws `GatewayError` 400 naming the offending field. */
export function parseSpeech(
	body: unknown,
	providerNamed: (field: string) => string | undefined,
): Parsed<SpeechRequest, SpeechStyle> {
	if (!isObject(body)) throw invalidRequest("the request body must be a JSON object");
	const result = v.safeParse(RequestSchema, withoutNulls(body), { abortEarly: true });
	if (!result.success) throw validationError(result.issues[0]);
	const wire = result.output;
	const { input, voice, instructions, speed, user, response_format: format } = wire;
	return {
		request: {
			stream: true,
			input,
			...(voice !== undefined && { voice: typeof voice === "string" ? voice : voice.id }),
			...(instructions !== undefined && instructions !== "" && { instructions }),
			...(format !== undefined && { format }),
			...(speed !== undefined && { speed }),
			...(user !== undefined && { user }),
			...extensionsOf(wire, KNOWN, providerNamed),
		},
		preference: preferenceOf(wire),
		style: { events: wire.stream_format === "sse", format },
		relays: false,
	};
}
