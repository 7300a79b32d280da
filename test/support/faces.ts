// How the faces are asked that some vendor speaks too.

export type FaceName = "chat" | "messages" | "responses";

/** A question, whose words choose what an upstream plays. */
interface Asking {
	readonly model: string;
	readonly words: string;
	readonly stream: boolean;
	/** Of the answer, in tokens. */
	readonly limit: number;
}

interface AskedFace {
	readonly path: string;
	readonly body: (asking: Asking) => object;
}

const turn = (content: string): object => ({ role: "user", content });

export const FACES: Readonly<Record<FaceName, AskedFace>> = {
	chat: {
		path: "/v1/chat/completions",
		body: ({ model, words, stream, limit }) => ({ model, stream, max_tokens: limit, messages: [turn(words)] }),
	},
	messages: {
		path: "/v1/messages",
		body: ({ model, words, stream, limit }) => ({ model, stream, max_tokens: limit, messages: [turn(words)] }),
	},
	responses: {
		path: "/v1/responses",
		body: ({ model, words, stream, limit }) => ({ model, stream, max_output_tokens: limit, input: [turn(words)] }),
	},
};
