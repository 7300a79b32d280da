// DeepSeek's dialect of Chat Completions.
import type { Message } from "#core/chat/chat";
import { unsupportedParameter } from "#core/errors";
import type { ChatAdapter } from "#providers/adapter";
import { chatCompletions } from "#providers/openai-chat/index";
import { chatEndpoint, openaiNative } from "#providers/openai-chat/own-api";
import { effortFor } from "#providers/shared/effort";

/** What DeepSeek takes as a `user_id`; it separates end users in caching, scheduling and safety. */
const USER_ID = /^[A-Za-z0-9_-]{1,512}$/;

const deepseekChat = chatCompletions({
	outputLimit: "max_tokens",
	messages: "text",
	lacks: ["seed", "verbosity", "service_tier", "prediction", "metadata", "store", "prompt_cache_key"],
	refuses: ["n", "logit_bias", "modalities", "audio", "web_search_options"],
	customTools: false,
	own: (request, model, dropped) => {
		refuseOtherMedia(request.messages);
		const effort = effortFor(request, model, dropped);
		const isUserId = request.user !== undefined && USER_ID.test(request.user);
		if (request.user !== undefined && !isUserId) dropped.push("user");
		return {
			...(effort !== undefined &&
				model.traits.thinking === "toggle" && { thinking: { type: effort === "none" ? "disabled" : "enabled" } }),
			...(effort !== undefined && effort !== "none" && { reasoning_effort: effort }),
			...(isUserId && { user_id: request.user }),
		};
	},
});

/** DeepSeek has parts for texts and images alone, and says of others only that it cannot read the body. */
function refuseOtherMedia(messages: readonly Message[]): void {
	for (const [at, { role, content }] of messages.entries()) {
		if (role !== "user" || typeof content === "string") continue;
		const index = content.findIndex(({ type }) => type !== "text" && type !== "image_url");
		const type = content[index]?.type;
		if (type === undefined) continue;
		throw unsupportedParameter(`messages[${at}].content[${index}]`, `DeepSeek takes no \`${type}\``);
	}
}

/** DeepSeek. Thinking is on unless it is turned off. */
export const deepseek: ChatAdapter = {
	...deepseekChat,
	native: openaiNative([chatEndpoint({ limits: ["max_tokens"] })], ["/v1", ""]),
};
