/** The canonical form of a moderation: texts and pictures in, whether a vendor objects to each and to what out. */
import type { Usage } from "#core/chat/usage";
import type { JsonObject } from "#lib/json";

export type ModerationPart =
	| { readonly type: "text"; readonly text: string }
	| { readonly type: "image_url"; readonly image_url: { readonly url: string } };

export interface ModerationRequest {
	readonly stream: false;
	/** At least one, each judged by itself: the parts of one are judged together, and there is at least one. */
	readonly inputs: readonly (readonly ModerationPart[])[];
	/** The caller's end user. */
	readonly user?: string;
	/** Fields that the gateway does not know; they go to providers that speak OpenAI's protocol. */
	readonly extensions: JsonObject;
	/** A provider's own fields, by its name. */
	readonly providerExtensions: Readonly<Record<string, JsonObject>>;
}

/** What is thought of one input, by OpenAI's categories. */
export interface Judgement {
	readonly flagged: boolean;
	/** Null where the model does not judge by a category. */
	readonly categories: Readonly<Record<string, boolean | null>>;
	/** From 0 to 1. */
	readonly category_scores: Readonly<Record<string, number | null>>;
	/** Which kinds of parts each category was held against. */
	readonly category_applied_input_types?: Readonly<Record<string, readonly string[] | null>>;
}

export interface Moderation {
	/** One for each input, in their order. */
	readonly results: readonly Judgement[];
	usage: Usage | null;
	model?: string;
	/** All that the model wrote, where it writes its judgement; absent where it counts no output. */
	readonly written?: string;
}

/** A moderation has no stream: a whole answer, perhaps to a part of a request, is a chunk. */
export interface ModerationChunk {
	readonly answer: Moderation;
	usage?: Usage;
}
