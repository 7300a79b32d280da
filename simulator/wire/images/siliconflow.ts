// SiliconFlow's images: addresses, and how many at once only of a model that knows the word.
import * as v from "valibot";
import type { JsonObject } from "#lib/json";
import { decode } from "#simulator/wire/check";
import { siliconflow } from "#simulator/wire/vendors/siliconflow";
import type { Play, Refusal, Seat, Wire } from "#simulator/wire/wire";
import { imagesPlay } from "./play";
import { UNSAFE } from "./shapes";

const DataUrl = v.pipe(v.string(), v.regex(/^data:image\/(?:png|jpeg|webp);base64,[A-Za-z0-9+/]+={0,2}$/));
const BodySchema = v.looseObject({
	model: v.string(),
	prompt: v.pipe(v.string(), v.minLength(1)),
	negative_prompt: v.exactOptional(v.string()),
	image_size: v.exactOptional(v.pipe(v.string(), v.regex(/^\d+x\d+$/))),
	image: v.exactOptional(DataUrl),
	image2: v.exactOptional(DataUrl),
	image3: v.exactOptional(DataUrl),
	batch_size: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(4))),
	seed: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(9_999_999_999))),
	num_inference_steps: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100))),
	guidance_scale: v.exactOptional(v.pipe(v.number(), v.minValue(0), v.maxValue(20))),
});

function invalid(message: string): Refusal {
	return siliconflow.failure(400, message);
}

function read(raw: JsonObject, seat: Seat): Play {
	const body = decode(BodySchema, raw, ({ path, expected, received }) => {
		throw invalid(`Value error, ${path}: expected ${expected}, received ${received}`);
	});
	const { prompt, batch_size: n = 1, seed = 0 } = body;
	const { output, traits } = seat.model;
	if (!output.includes("image")) throw siliconflow.noModel(seat.modelId);
	if (UNSAFE.test(prompt)) {
		throw siliconflow.failure(451, "Request was rejected because of prohibited content in the prompt.");
	}
	if (body.batch_size !== undefined && traits.max_images === undefined)
		throw invalid("The parameter batch_size is not supported for this model. Please check it again.");
	if (traits.edits_only === true && (body.image === undefined || body.image_size !== undefined))
		throw invalid("The parameter is invalid. Please check it again.");
	const size = traits.edits_only === true ? "1024x1024" : (body.image_size ?? "");
	if (traits.sizes !== undefined && !traits.sizes.includes(size))
		throw invalid("The parameter image_size is invalid. Please check it again.");
	const [width = 0, height = 0] = size.split("x").map(Number);
	return imagesPlay({ prompt, n, type: "png", width, height, tokens: 0, units: { image: n } }, (pictures) => ({
		images: pictures.map((_, at) => ({ url: `https://outputs.siliconflow.example/${seat.id}_${at}.png` })),
		timings: { inference: 1.8 },
		seed,
	}));
}

export const siliconflowImages: Wire = { ...siliconflow, read };
