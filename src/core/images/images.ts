/** The canonical form of images: a text and perhaps pictures in, pictures of it out. */
import type { Usage } from "#core/chat/usage";
import type { JsonObject } from "#lib/json";
import type { ImageType } from "./image-type";

export type ImageForm = "url" | "b64_json";

/** A picture that the caller sends, as a view of the one body that it came in. */
export interface Picture {
	/** Of the file. */
	readonly name: string;
	readonly type: ImageType;
	readonly bytes: Uint8Array;
}

export interface ImagesRequest {
	readonly stream: boolean;
	/** What becomes of the caller's pictures: they are changed as the prompt says, or drawn otherwise. */
	readonly task: "generation" | "edit" | "variation";
	/** Empty for a variation, and only there. */
	readonly prompt: string;
	/** At least one, but for a generation. */
	readonly pictures: readonly Picture[];
	/** Where it is transparent, the first picture may be changed; absent: anywhere. */
	readonly mask?: Picture;
	/** How closely the pictures are kept to, as the vendor calls it. */
	readonly inputFidelity?: string;
	/** How many images are wanted; one without it, and in a stream. */
	readonly n?: number;
	/** "auto", or width and height in pixels, as in "1024x1536"; absent: the model's usual one. */
	readonly size?: string;
	/** As the vendor calls it, such as "high". */
	readonly quality?: string;
	readonly background?: string;
	/** The type of the file, such as "png". */
	readonly outputFormat?: string;
	/** Of the file, in percent. */
	readonly outputCompression?: number;
	readonly moderation?: string;
	/** How often a stream shows the image before it is done, at most. */
	readonly partialImages?: number;
	/** How the caller wants an image handed over; absent: as the vendor does it. */
	readonly form?: ImageForm;
	/** The caller's end user. */
	readonly user?: string;
	/** Fields that the gateway does not know; they go to providers that speak OpenAI's protocol. */
	readonly extensions: JsonObject;
	/** A provider's own fields, by its name; none that the gateway reads at the top. */
	readonly providerExtensions: Readonly<Record<string, JsonObject>>;
}

/** One image: where it is for a while, or itself in base64. */
export interface Image {
	readonly form: ImageForm;
	readonly data: string;
	/** The prompt that the vendor made of the caller's. */
	readonly revisedPrompt?: string;
}

/** What the vendor says it made, where it does. */
export type Made = Readonly<Partial<Record<"background" | "output_format" | "quality" | "size", string>>>;

export interface Images {
	/** In the vendor's order. */
	readonly images: readonly Image[];
	readonly made: Made;
	usage: Usage | null;
	model?: string;
	/** Why the vendor made none, in its words. */
	readonly refusal?: string;
}

/** A whole answer, perhaps to a part of a request, or an image as far as it has come. */
export interface ImagesChunk {
	readonly answer?: Images;
	readonly partial?: PartialImage;
	usage?: Usage;
}

interface PartialImage {
	/** In base64. */
	readonly data: string;
	/** From 0, in the order in which they come. */
	readonly index: number;
	readonly made: Made;
}
