// Workers AI's images: one a call, in base64 or as the file itself, by a schema that knows a size only of models with
// several; some models take a form, with pictures to draw from.
import * as v from "valibot";
import { type PictureSize, pictureSize } from "#core/images/picture-size";
import { isObject, type JsonObject } from "#lib/json";
import { base64Bytes } from "#lib/text-bytes";
import { decode, unknownKey } from "#simulator/wire/check";
import { type Play, type Seat, UploadedFile } from "#simulator/wire/wire";
import { badInput, inferenceError, typeMismatch, unknownProperty } from "#simulator/wire/workers-ai/errors";
import { imagesPlay } from "./play";
import { UNSAFE } from "./shapes";

const TILE_PIXELS = 512;
const MEGAPIXEL = 1024 * 1024;

const Pixels = v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2500)));
const Steps = v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1)));
const BodySchema = v.looseObject({
	prompt: v.pipe(v.string(), v.minLength(1), v.maxLength(2048)),
	steps: Steps,
	num_steps: Steps,
	width: Pixels,
	height: Pixels,
	seed: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0))),
	guidance: v.exactOptional(v.number()),
	negative_prompt: v.exactOptional(v.string()),
});
const NUMBERS = new Set(["steps", "width", "height", "seed", "guidance"]);
const PICTURE = /^input_image_[0-3]$/;

/** The fields that a model knows. */
function keysOf({ sizes = [], steps: [usual, most] = [4, 8], num_steps: isNum }: Seat["model"]["traits"]): Set<string> {
	const sized = sizes.length > 1 ? ["width", "height", "seed", "guidance"] : [];
	const stepped = usual === most ? [] : [isNum === true ? "num_steps" : "steps"];
	return new Set(["prompt", ...sized, ...stepped, ...(isNum === true ? ["negative_prompt"] : [])]);
}

export function readImages(raw: JsonObject, seat: Seat): Play {
	const { traits } = seat.model;
	const form = traits.multipart === true ? raw.multipart : {};
	if (!isObject(form)) throw badInput("required properties at '/' are 'multipart'");
	const fields = traits.multipart === true ? plainOf(form) : raw;
	const body = decode(BodySchema, fields, typeMismatch);
	const key = unknownKey(body, keysOf(traits));
	if (key !== undefined) throw unknownProperty(`/${key}`);
	const [usual, most] = traits.steps ?? [4, 8];
	const { prompt, steps = body.num_steps ?? usual } = body;
	if (steps > most) throw badInput(`'/steps' must be <= ${most}`);
	if (UNSAFE.test(prompt)) throw inferenceError(3030, "Input prompt contains NSFW content.");
	const [usualWidth = 0, usualHeight = 0] = (traits.sizes?.[0] ?? "1024x1024").split("x").map(Number);
	const { width = usualWidth, height = usualHeight } = body;
	const seen = picturesIn(form, traits.picture_side ?? Number.POSITIVE_INFINITY);
	const play = imagesPlay(
		{
			prompt,
			n: 1,
			type: "jpeg",
			width,
			height,
			tokens: 0,
			units: billed(seat, { size: [width, height], seen, steps }),
		},
		([image = ""]) => ({ image }),
	);
	return traits.num_steps === true ? asFile(play) : play;
}

/** The fields of a form that are no files, numbers as such. */
function plainOf(form: Record<string, unknown>): JsonObject {
	const texts = Object.entries(form).filter(([name]) => !PICTURE.test(name));
	return Object.fromEntries(
		texts.map(([name, value]) => [name, NUMBERS.has(name) ? Number(value) : (value as string)] as const),
	);
}

function picturesIn(form: Record<string, unknown>, side: number): readonly PictureSize[] {
	return Object.entries(form)
		.filter(([name]) => PICTURE.test(name))
		.map(([name, value]) => {
			const size = value instanceof UploadedFile ? pictureSize(value.bytes) : null;
			if (size === null) throw badInput(`'/${name}' is no image`);
			if (Math.max(size[0], size[1]) > side) throw badInput(`'/${name}' must be at most ${side}x${side}`);
			return size;
		});
}

interface Drawn {
	readonly size: PictureSize;
	readonly seen: readonly PictureSize[];
	readonly steps: number;
}

/** What has a price of all that could be billed. */
function billed({ model }: Seat, { size, seen, steps }: Drawn) {
	const tiles = ([width, height]: PictureSize) => Math.ceil(width / TILE_PIXELS) * Math.ceil(height / TILE_PIXELS);
	const megapixels = ([width, height]: PictureSize) => Math.ceil((width * height) / MEGAPIXEL);
	const sum = (of: (each: PictureSize) => number, sizes: readonly PictureSize[]) =>
		sizes.reduce((total, each) => total + of(each), 0);
	const times = model.traits.tiles_by_step === true ? steps : 1;
	const { image, tile, step, input_tile: input, megapixel } = model.rules.imageFees ?? {};
	return {
		...(image !== undefined && { image: 1 }),
		...(tile !== undefined && { tile: tiles(size) * times }),
		...(step !== undefined && { step: steps }),
		...(input !== undefined && { input_tile: sum(tiles, seen) * times }),
		...(megapixel !== undefined && { megapixel: sum(megapixels, [size, ...seen]) }),
	};
}

/** The same as the bytes of the file, in two pieces. */
function asFile(play: Play): Play {
	return {
		...play,
		stream: true,
		streamType: "image/jpeg",
		frames: (answer) => {
			if (answer.usage.images === undefined) return [];
			// A copy: a stream takes the memory of each piece.
			const bytes = Uint8Array.from(base64Bytes(String(play.whole(answer).image)));
			const half = bytes.byteLength >> 1;
			return [bytes.slice(0, half), bytes.slice(half)].map((piece) => ({ text: "", bytes: piece, tokens: 0 }));
		},
	};
}
