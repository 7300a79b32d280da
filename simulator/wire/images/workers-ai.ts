// Workers AI's images: one a call as base64 of a JPEG, by a schema that knows a size only of models with several.
import * as v from "valibot";
import type { JsonObject } from "#lib/json";
import { decode, unknownKey } from "#simulator/wire/check";
import type { Play, Seat } from "#simulator/wire/wire";
import { badInput, inferenceError, typeMismatch, unknownProperty } from "#simulator/wire/workers-ai/errors";
import { imagesPlay } from "./play";
import { UNSAFE } from "./shapes";

const TILE_PIXELS = 512;

const Pixels = v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2500)));
const BodySchema = v.looseObject({
	prompt: v.pipe(v.string(), v.minLength(1), v.maxLength(2048)),
	steps: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1))),
	width: Pixels,
	height: Pixels,
	seed: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0))),
	guidance: v.exactOptional(v.number()),
});
const FIXED_KEYS = new Set(["prompt", "steps"]);
const KEYS = new Set(Object.keys(BodySchema.entries));

export function readImages(raw: JsonObject, seat: Seat): Play {
	const body = decode(BodySchema, raw, typeMismatch);
	const { sizes = [], steps: [usual, most] = [4, 8] } = seat.model.traits;
	const key = unknownKey(body, sizes.length > 1 ? KEYS : FIXED_KEYS);
	if (key !== undefined) throw unknownProperty(`/${key}`);
	const { prompt, steps = usual } = body;
	if (steps > most) throw badInput(`'/steps' must be <= ${most}`);
	if (UNSAFE.test(prompt)) throw inferenceError(3030, "Input prompt contains NSFW content.");
	const [usualWidth = 0, usualHeight = 0] = (sizes[0] ?? "1024x1024").split("x").map(Number);
	const { width = usualWidth, height = usualHeight } = body;
	const tile = Math.ceil(width / TILE_PIXELS) * Math.ceil(height / TILE_PIXELS);
	return imagesPlay(
		{ prompt, n: 1, type: "jpeg", width, height, tokens: 0, units: { tile, step: steps } },
		([image = ""]) => ({ image }),
	);
}
