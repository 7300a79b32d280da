/** Images: a text and perhaps pictures in, pictures out. */
import type { Model } from "#catalog/model";
import type { Usage } from "#core/chat/usage";
import { UpstreamError } from "#core/fault";
import type { KeyId } from "#core/ids";
import type { Images, ImagesChunk, ImagesRequest } from "#core/images/images";
import type { ImageUnit, ImageUnits } from "#core/images/units";
import { TextHash } from "#lib/text-hash";
import { imageFeesOf } from "#metering/cost";
import { estimateTokens, roughTokens } from "#metering/estimate";
import type { Operation, Requirements } from "#operations/operation";

/** They have no defects. A stream shows an image as it comes, and ends with the whole answer. */
export const images: Operation<ImagesRequest, Images, ImagesChunk> = {
	name: "images",
	routing: {
		// A model of which nothing is known is not asked: what an image costs there is not known either.
		serves: ({ output, supposed }) => supposed !== true && output.includes("image"),
		kin: () => null,
		requirements: ({ pictures }) => (pictures.length === 0 ? NOTHING : SEEING),
		lacking: lackingImages,
		signals: () => new Set(),
		family: familyOf,
		// Every request stands alone: no vendor keeps anything of one that makes the next one cheaper.
		conversation: (family) => family,
		prefixes: () => [],
		turns: () => 0,
		isUnderWay: () => false,
		fee: ({ n = 1, size }, model) => imageFeesOf(unitsOf(n, size, model), model),
		roughInput: ({ prompt, pictures }) => roughTokens(prompt) + pictures.length * PICTURE_TOKENS,
		vendorState: () => null,
	},
	outputLimit: () => undefined,
	withOutputLimit: (request) => request,
	estimateInput: ({ prompt, pictures }) => estimateTokens(prompt) + pictures.length * PICTURE_TOKENS,
	mayThinkLong: () => true,
	hasEffects: ({ extensions, providerExtensions }) =>
		Object.keys(extensions).length > 0 || Object.keys(providerExtensions).length > 0,
	subject: ({ task, prompt, size, quality, pictures }) => [
		...[task, prompt, size, quality],
		...pictures.map(({ bytes }) => bytes.byteLength),
	],
	defectIn: () => null,
	isEmpty: (answer) => answer.images.length === 0,
	refusal: ({ refusal }) =>
		refusal === undefined ? null : new UpstreamError({ kind: "content_policy", status: 200, message: refusal }),
	written: () => "",
	writtenIn: () => "",
	hasContent: ({ answer, partial }) => partial !== undefined || (answer?.images.length ?? 0) > 0,
	toChunks: (answer) => [{ answer, ...(answer.usage !== null && { usage: answer.usage }) }],
	toAnswer: (chunks) => joined(chunks.flatMap(({ answer }) => answer ?? [])),
};

const NOTHING: Requirements = {
	input: new Set(),
	output: new Set(),
	tools: false,
	schema: false,
	reasoning: false,
};

const SEEING: Requirements = { ...NOTHING, input: new Set(["image"]) };

/** What a model cannot do of a request; null for nothing. What is not known of a model it is taken to be able to do. */
function lackingImages({ traits, id }: Pick<Model, "traits" | "id">, { size, pictures }: ImagesRequest) {
	const { sizes, edits_only: editsOnly = false, max_pictures: most } = traits;
	if (editsOnly && pictures.length === 0)
		return { what: "generation", param: "model", message: `\`${id}\` only changes pictures: ask it for an edit` };
	if (most !== undefined && pictures.length > most)
		return { what: "pictures", param: "image", message: `\`${id}\` takes at most ${most} pictures` };
	if (size === undefined || size === "auto") return null;
	if (editsOnly) return { what: "size", param: "size", message: `\`${id}\` keeps to the size of the picture` };
	if (sizes !== undefined && !sizes.includes(size))
		return { what: "size", param: "size", message: `\`${id}\` makes images of ${sizes.join(", ")}` };
	return null;
}

/** What a picture comes to about, in tokens. */
const PICTURE_TOKENS = 1_024;

/** The side of a tile, in pixels. */
const TILE_PIXELS = 512;
/** Pixels of a megapixel, as it is billed. */
const MEGAPIXEL = 1024 * 1024;
/** What is supposed of an image whose size its request does not say, in tiles. */
const USUAL_TILES = 4;

/** About what a model bills of so many images beside tokens. */
function unitsOf(n: number, size: string | undefined, { traits }: Pick<Model, "traits">): ImageUnits {
	const [width = 0, height = 0] = (size ?? "").split("x").map(Number);
	const tiles = Math.ceil(width / TILE_PIXELS) * Math.ceil(height / TILE_PIXELS);
	const [steps = 0] = traits.steps ?? [];
	return {
		image: n,
		tile: n * (tiles > 0 ? tiles : USUAL_TILES) * (traits.tiles_by_step === true ? steps : 1),
		step: n * steps,
		megapixel: n * Math.max(1, Math.ceil((width * height) / MEGAPIXEL)),
	};
}

/** What a key has drawn is one family of tasks. */
function familyOf(keyId: KeyId): string {
	return new TextHash().add(keyId).add("images").digest();
}

/** The answers to the parts of a request as the answer to the whole. */
function joined(answers: readonly Images[]): Images {
	const model = answers[0]?.model;
	const refusal = answers.find((answer) => answer.refusal !== undefined)?.refusal;
	return {
		images: answers.flatMap((answer) => answer.images),
		made: answers[0]?.made ?? {},
		usage: usageOfAll(answers.map(({ usage }) => usage)),
		...(model !== undefined && { model }),
		...(refusal !== undefined && { refusal }),
	};
}

/** Null unless the provider told of each. */
function usageOfAll(usages: readonly (Usage | null)[]): Usage | null {
	const known = usages.filter((usage) => usage !== null);
	if (known.length < usages.length) return null;
	const [first] = known;
	if (first === undefined) return null;
	const sum = (of: (usage: Usage) => number) => known.reduce((total, usage) => total + of(usage), 0);
	return {
		...first,
		uncachedInput: sum(({ uncachedInput }) => uncachedInput),
		cacheRead: sum(({ cacheRead }) => cacheRead),
		output: sum(({ output }) => output),
		reasoning: sum(({ reasoning }) => reasoning),
		imageInput: sum(({ imageInput }) => imageInput),
		imageOutput: sum(({ imageOutput }) => imageOutput),
		...(first.images !== undefined && {
			images: Object.fromEntries(
				Object.keys(first.images).map((unit) => [unit, sum(({ images }) => images?.[unit as ImageUnit] ?? 0)]),
			),
		}),
	};
}
