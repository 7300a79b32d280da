// OpenAI's images: GPT Image models, which bill tokens by size and quality, and those of pictures apart.
import * as v from "valibot";
import type { JsonObject } from "#lib/json";
import { base64Of } from "#lib/text-bytes";
import { picture } from "#simulator/model/picture";
import { decode, unknownKey } from "#simulator/wire/check";
import { openaiChat } from "#simulator/wire/vendors/openai";
import { openaiError, openaiMalformed, unknownParameter } from "#simulator/wire/vendors/openai-errors";
import { type InputTokens, type Play, type Seat, UploadedFile, type Wire } from "#simulator/wire/wire";
import { imagesPlay, streamedPlay } from "./play";
import { UNSAFE } from "./shapes";

const MAX_PROMPT_CHARACTERS = 32_000;
const MAX_PICTURES = 16;
/** What an image costs more each time that a stream shows it before it is done. */
const PARTIAL_TOKENS = 100;

const FIELDS = {
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
	stream: v.exactOptional(v.boolean()),
	partial_images: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(3))),
};
const BodySchema = v.looseObject(FIELDS);
type Body = v.InferOutput<typeof BodySchema>;
const KEYS = new Set(Object.keys(FIELDS));

const Picture = v.instance(UploadedFile);
const FormSchema = v.looseObject({
	image: v.exactOptional(Picture),
	"image[]": v.exactOptional(v.array(Picture)),
	mask: v.exactOptional(Picture),
	input_fidelity: v.exactOptional(v.picklist(["low", "high"])),
});
const FILE_KEYS = new Set(Object.keys(FormSchema.entries));
/** Fields that a form has as text. */
const NUMBERS = ["n", "output_compression", "partial_images"];

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
	return drawn(body, seat, { name: "image_generation", seen: 0 });
}

function readEdit(raw: JsonObject, seat: Seat): Play {
	const form = decode(FormSchema, raw, openaiMalformed);
	const pictures = [...(form.image === undefined ? [] : [form.image]), ...(form["image[]"] ?? [])];
	if (pictures.length === 0) throw openaiError(400, "Missing required parameter: 'image'.", "image");
	if (pictures.length > MAX_PICTURES) throw openaiError(400, "Invalid 'image': too many images.", "image");
	const files = form.mask === undefined ? pictures : [...pictures, form.mask];
	for (const { type, bytes } of files) checkFile(type, bytes);
	const fields = Object.fromEntries(
		Object.entries(form).flatMap(([name, value]) => {
			if (FILE_KEYS.has(name)) return [];
			if (NUMBERS.includes(name)) return [[name, Number(value)]];
			return [[name, name === "stream" ? value === "true" : value]];
		}),
	);
	const body = decode(BodySchema, fields, openaiMalformed);
	const stranger = unknownKey(body, KEYS);
	if (stranger !== undefined) throw unknownParameter(stranger);
	return drawn(body, seat, { name: "image_edit", seen: files.length });
}

/** A file is what its type says, by the bytes that it begins with. */
function checkFile(type: string, bytes: Uint8Array): void {
	const head = new TextDecoder("latin1").decode(bytes.slice(0, 12));
	const isRight =
		(type === "image/png" && head.slice(1, 4) === "PNG") ||
		(type === "image/jpeg" && head.startsWith("\xff\xd8")) ||
		(type === "image/webp" && /^RIFF.{4}WEBP/s.test(head));
	if (!isRight) throw openaiError(400, `Invalid file 'image': unsupported mimetype ('${type}').`, "image");
}

function drawn(body: Body, seat: Seat, { name, seen }: { readonly name: string; readonly seen: number }): Play {
	if (!seat.model.output.includes("image")) {
		throw openaiError(400, `The model '${seat.modelId}' does not support image generation.`, "model", "invalid_value");
	}
	const { prompt, n = 1, background = "auto", output_format: format = "png", partial_images: partials = 0 } = body;
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
	const made = { background: background === "auto" ? "opaque" : background, output_format: format, quality, size };
	const created = Math.floor(seat.now / 1000);
	const play = imagesPlay({ prompt, seen, n, type: format, width, height, tokens, units: {} }, (pictures, input) => ({
		created,
		...made,
		data: pictures.map((each) => ({ b64_json: each })),
		usage: usageOf(input, pictures.length === 0 ? 0 : tokens),
	}));
	if (body.stream !== true) return play;
	const event = (data: string, index: number | null) => {
		const type = `${name}.${index === null ? "completed" : "partial_image"}`;
		const usage = usageOf(play.input, tokens + PARTIAL_TOKENS * partials);
		const rest = index === null ? { usage } : { partial_image_index: index };
		const fields = { type, created_at: created, ...made, b64_json: data, ...rest };
		return `event: ${type}\ndata: ${JSON.stringify(fields)}\n\n`;
	};
	return streamedPlay(play, { partials, each: PARTIAL_TOKENS, event }, (at) =>
		base64Of(picture(format, width, height, `${at} ${prompt}`)),
	);
}

function usageOf(input: InputTokens, tokens: number): JsonObject {
	return {
		input_tokens: input.total,
		input_tokens_details: { text_tokens: input.total - input.image, image_tokens: input.image },
		output_tokens: tokens,
		output_tokens_details: { text_tokens: 0, image_tokens: tokens },
		total_tokens: input.total + tokens,
	};
}

export const openaiImages: Wire = { ...openaiChat, read };
export const openaiImageEdits: Wire = { ...openaiChat, read: readEdit };
