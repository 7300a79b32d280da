/** The canonical form of images: a text in, pictures of it out. */
import type { Usage } from "#core/chat/usage";
import type { JsonObject } from "#lib/json";

export type ImageForm = "url" | "b64_json";

export interface ImagesRequest {
	readonly stream: false;
	/** Not empty. */
	readonly prompt: string;
	/** How many images are wanted; one without it. */
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

export interface Images {
	/** In the vendor's order. */
	readonly images: readonly Image[];
	/** What the vendor says it made, where it does. */
	readonly made: Readonly<Partial<Record<"background" | "output_format" | "quality" | "size", string>>>;
	usage: Usage | null;
	model?: string;
	/** Why the vendor made none, in its words. */
	readonly refusal?: string;
}

/** Images have no stream: a whole answer, perhaps to a part of a request, is a chunk. */
export interface ImagesChunk {
	readonly answer: Images;
	usage?: Usage;
}
