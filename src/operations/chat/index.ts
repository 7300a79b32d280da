/** Chat: a conversation in, what the model says next out. */
import { isForChat } from "#catalog/purpose";
import type { ChatRequest, Chunk, Completion } from "#core/chat/chat";
import { fileIdsOf } from "#core/chat/file-ids";
import { vendorStateOf } from "#core/chat/vendor-state";
import type { Operation } from "#operations/operation";
import { defectIn } from "./answer-check";
import { toChunks, toCompletion } from "./chunks";
import { conversationOf, familyOf, prefixesOf, turnsOf } from "./conversation";
import { hasContent, isEmptyAnswer } from "./emptiness";
import { estimatePrompt, roughPrompt } from "./prompt-tokens";
import { requirementsOf, signalsOf } from "./requirements";
import { chunkText, completionText } from "./written";

/** Efforts at which models may well think for longer than a stream that has not begun is waited for elsewhere. */
const DEEP: ReadonlySet<string | undefined> = new Set(["high", "xhigh", "max"]);

export const chat: Operation<ChatRequest, Completion, Chunk> = {
	name: "chat",
	routing: {
		serves: isForChat,
		kin: () => null,
		requirements: requirementsOf,
		signals: signalsOf,
		family: familyOf,
		conversation: conversationOf,
		prefixes: prefixesOf,
		turns: turnsOf,
		isUnderWay: (request) => request.prompt_cache_key !== undefined || turnsOf(request) > 0,
		roughInput: roughPrompt,
		vendorState: vendorStateOf,
		files: fileIdsOf,
	},
	outputLimit: (request) => request.max_completion_tokens,
	withOutputLimit: (request, max_completion_tokens) => ({ ...request, max_completion_tokens }),
	estimateInput: estimatePrompt,
	mayThinkLong: ({ reasoning_effort }) => DEEP.has(reasoning_effort),
	hasEffects,
	subject: ({ messages }) => messages,
	defectIn,
	isEmpty: isEmptyAnswer,
	written: completionText,
	writtenIn: chunkText,
	hasContent,
	toChunks,
	toAnswer: toCompletion,
};

/** Whether the vendor would keep something, or use tools of its own. */
function hasEffects({ store, web_search_options, extensions, providerExtensions, responses }: ChatRequest): boolean {
	const isPlain = Object.keys(extensions).length === 0 && Object.keys(providerExtensions).length === 0;
	const isHosted = (responses?.tools.length ?? 0) > 0;
	return store === true || web_search_options !== undefined || isHosted || !isPlain;
}
