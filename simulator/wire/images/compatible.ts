// Images of a server that speaks OpenAI's protocol roughly: no usage, either form, and a price for each image.
import * as v from "valibot";
import type { JsonObject } from "#lib/json";
import { decode } from "#simulator/wire/check";
import { openaiCompatible } from "#simulator/wire/openai-chat/compatible";
import { type Play, type Seat, UploadedFile, type Wire } from "#simulator/wire/wire";
import { imagesPlay } from "./play";

/** What an added server charges for an image, in nano-dollars. */
const COMPATIBLE_IMAGE_NANO_USD = 40_000_000;

const BodySchema = v.looseObject({
	model: v.string(),
	prompt: v.pipe(v.string(), v.minLength(1)),
	n: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1)), 1),
	size: v.exactOptional(v.pipe(v.string(), v.regex(/^\d+x\d+$/)), "512x512"),
	response_format: v.exactOptional(v.picklist(["url", "b64_json"]), "url"),
});

const File = v.instance(UploadedFile);
const FormSchema = v.looseObject({
	image: v.exactOptional(File),
	"image[]": v.exactOptional(v.array(File)),
	mask: v.exactOptional(File),
});

/** A form has its number as text; a variation has no prompt. */
function readForm(raw: JsonObject, seat: Seat): Play {
	const form = decode(FormSchema, raw, ({ path }) => {
		throw openaiCompatible.failure(400, `${path}: not a file`);
	});
	const { image, "image[]": images = [], mask: _, n, ...fields } = form;
	if (image === undefined && images.length === 0) throw openaiCompatible.failure(400, "image: missing");
	return read({ prompt: "as it is", ...fields, ...(n === undefined ? {} : { n: Number(n) }) } as JsonObject, seat);
}

function read(raw: JsonObject, seat: Seat): Play {
	const {
		prompt,
		n,
		size,
		response_format: form,
	} = decode(BodySchema, raw, ({ path, expected, received }) => {
		throw openaiCompatible.failure(400, `${path}: expected ${expected}, received ${received}`);
	});
	const [width = 0, height = 0] = size.split("x").map(Number);
	const play = imagesPlay({ prompt, n, type: "png", width, height, tokens: 0, units: { image: n } }, (pictures) => ({
		created: Math.floor(seat.now / 1000),
		data: pictures.map((picture, at) =>
			form === "url" ? { url: `https://files.${seat.provider}.example/${seat.id}-${at}.png` } : { b64_json: picture },
		),
	}));
	return { ...play, flat: n * COMPATIBLE_IMAGE_NANO_USD };
}

export const compatibleImages: Wire = { ...openaiCompatible, read };
export const compatibleImageForms: Wire = { ...openaiCompatible, read: readForm };
