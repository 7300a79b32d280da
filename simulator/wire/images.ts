// OpenAI's pictures, at one price for each. The catalog has no models that only draw: any model of the vendor's does.
import * as v from "valibot";
import { decode } from "#simulator/wire/check";
import { embeddingPlay } from "#simulator/wire/embeddings/play";
import { openaiChat } from "#simulator/wire/vendors/openai";
import { openaiMalformed } from "#simulator/wire/vendors/openai-errors";
import type { Wire } from "./wire";

/** What a picture costs, in nano-dollars. */
const PICTURE_NANO_USD = 40_000_000;
/** A transparent pixel. */
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

const BodySchema = v.looseObject({
	model: v.string(),
	prompt: v.string(),
	n: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10)), 1),
});

export const openaiImages: Wire = {
	...openaiChat,
	read(raw, seat) {
		const { prompt, n } = decode(BodySchema, raw, openaiMalformed);
		const created = Math.floor(seat.now / 1000);
		const data = Array.from({ length: n }, () => ({ b64_json: PIXEL }));
		return {
			...embeddingPlay(
				[prompt],
				() => [],
				() => ({ created, data }),
			),
			flat: n * PICTURE_NANO_USD,
		};
	},
};
