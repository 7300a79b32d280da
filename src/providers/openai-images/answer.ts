// Reads the images of OpenAI's answers, and what they cost.
import type { Model } from "#catalog/model";
import type { Usage } from "#core/chat/usage";
import type { Image, Images, ImagesRequest, Made } from "#core/images/images";
import { isObject } from "#lib/json";
import { errorWithin } from "#providers/openai-chat/errors";
import { responsesUsage } from "#providers/openai-chat/usage";
import { malformed } from "#providers/shared/faults";
import { billedByUnits, imagesFor, withDrawn } from "#providers/shared/images/codec";
import { isWord } from "#providers/shared/json-shape";

const MADE = ["background", "output_format", "quality", "size"] as const;

/** Throws `UpstreamError`. */
export function decodeImages(body: unknown, request: ImagesRequest, model: Model): Images {
	if (!isObject(body)) throw malformed("the answer is not a JSON object");
	if (!Array.isArray(body.data)) throw errorWithin(body) ?? malformed("the answer has no images");
	const images = imagesFor(request, body.data.map(imageOf));
	return {
		images,
		made: madeOf(body),
		usage: usageIn(body, images, model),
	};
}

/** What an answer or an event says of what was made. */
export function madeOf(body: Record<string, unknown>): Made {
	return Object.fromEntries(MADE.flatMap((field) => (isWord(body[field]) ? [[field, body[field]]] : [])));
}

/** Null where the tokens decide what it costs and nothing tells them. */
function usageIn(body: Record<string, unknown>, images: readonly Image[], model: Model): Usage | null {
	const units = { image: images.length };
	const told = responsesUsage({ usage: body.usage });
	if (told === undefined) return hasFee(model) && !billsTokens(model) ? billedByUnits(images, units).usage : null;
	const usage = withDrawn(told);
	return hasFee(model) ? { ...usage, images: units } : usage;
}

/** Whether each image has a price. */
export function hasFee({ rules }: Model): boolean {
	return rules.imageFees?.image !== undefined;
}

function billsTokens({ prices }: Model): boolean {
	return prices.some(({ price }) => price.input > 0 || price.output > 0);
}

function imageOf(entry: unknown): Image | null {
	if (!isObject(entry)) return null;
	const { b64_json: base64, url, revised_prompt: revised } = entry;
	const more = typeof revised === "string" ? { revisedPrompt: revised } : {};
	if (typeof base64 === "string") return { form: "b64_json", data: base64, ...more };
	return typeof url === "string" ? { form: "url", data: url, ...more } : null;
}
