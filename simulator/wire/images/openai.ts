// OpenAI's images: GPT Image models, which bill tokens by size and quality.
import * as v from "valibot";
import type { JsonObject } from "#lib/json";
import { decode, unknownKey } from "#simulator/wire/check";
import { openaiChat } from "#simulator/wire/vendors/openai";
import { openaiError, openaiMalformed, unknownParameter } from "#simulator/wire/vendors/openai-errors";
import type { Play, Seat, Wire } from "#simulator/wire/wire";
import { imagesPlay } from "./play";
import { UNSAFE } from "./shapes";

const MAX_PROMPT_CHARACTERS = 32_000;

const BodySchema = v.looseObject({
	model: v.string(),
	prompt: v.string(),
	n: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10))),
	size: v.exactOptional(v.pipe(v.string(), v.regex(/^(?:auto|\d+x\d+)$/))),
	quality: v.exactOptional(v.picklist(["auto", "low", "medium", "high"])),
	background: v.exactOptional(v.picklist(["auto", "transparent", "opaque"])),
	output_format: v.exactOptional(v.picklist(["png", "jpeg", "webp"])),
	output_compression: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100))),
	moderation: v.exactOptional(v.picklist(["auto", "low"])),
	user: v.exactOptional(v.string()),
});
const KEYS = new Set(Object.keys(BodySchema.entries));

const SIZES: Readonly<Record<string, readonly [width: number, height: number]>> = {
	"1024x1024": [1024, 1024],
	"1024x1536": [1024, 1536],
	"1536x1024": [1536, 1024],
};
/** Output tokens of one image by quality, as OpenAI publishes them for gpt-image-1, in the order of `SIZES`. */
const TOKENS = { low: [272, 408, 400], medium: [1056, 1584, 1568], high: [4160, 6240, 6208] } as const;

function read(raw: JsonObject, seat: Seat): Play {
	const body = decode(BodySchema, raw, openaiMalformed);
	const stranger = unknownKey(body, KEYS);
	if (stranger !== undefined) throw unknownParameter(stranger);
	if (!seat.model.output.includes("image")) {
		throw openaiError(400, `The model '${seat.modelId}' does not support image generation.`, "model", "invalid_value");
	}
	const { prompt, n = 1, background = "auto", output_format: format = "png" } = body;
	if (prompt.length > MAX_PROMPT_CHARACTERS) throw openaiError(400, "Invalid 'prompt': string too long.", "prompt");
	if (UNSAFE.test(prompt)) {
		throw openaiError(
			400,
			"Your request was rejected by the safety system.",
			null,
			"moderation_blocked",
			"image_generation_user_error",
		);
	}
	const size = body.size === undefined || body.size === "auto" ? "1024x1024" : body.size;
	const pixels = SIZES[size];
	if (pixels === undefined) {
		throw openaiError(
			400,
			`Invalid value: '${size}'. Supported values are: '1024x1024', '1024x1536', '1536x1024', and 'auto'.`,
			"size",
			"invalid_value",
		);
	}
	if (background === "transparent" && format === "jpeg") {
		throw openaiError(400, "Transparent background is not supported for JPEG output format.", "background");
	}
	const quality = body.quality === undefined || body.quality === "auto" ? "high" : body.quality;
	const tokens = n * (TOKENS[quality][Object.keys(SIZES).indexOf(size)] ?? 0);
	const [width, height] = pixels;
	return imagesPlay({ prompt, n, type: format, width, height, tokens, units: {} }, (pictures, input) => ({
		created: Math.floor(seat.now / 1000),
		background: background === "auto" ? "opaque" : background,
		output_format: format,
		quality,
		size,
		data: pictures.map((picture) => ({ b64_json: picture })),
		usage: {
			input_tokens: input,
			input_tokens_details: { text_tokens: input, image_tokens: 0 },
			...outputCounts(pictures.length === 0 ? 0 : tokens, input),
		},
	}));
}

function outputCounts(tokens: number, input: number): JsonObject {
	return {
		output_tokens: tokens,
		output_tokens_details: { text_tokens: 0, image_tokens: tokens },
		total_tokens: input + tokens,
	};
}

export const openaiImages: Wire = { ...openaiChat, read };
