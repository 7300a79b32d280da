import type { KeyState } from "#core/key/key";
import { type ParsedChat, parseChat } from "#faces/openai-chat/parse";
import { Routing } from "#gateway/routing/routing";
import type { ServingProviders } from "#gateway/routing/serving-providers";
import type { Call } from "#http/call";
import { canonicalProvider, isBuiltIn } from "#providers/names";
import { readJson } from "./json-body";
import { optimizeWish } from "./request-options";
import { sessionOf } from "./session";

/** A chat request as it was read, and who could serve it. */
export interface ChatCall {
	/** As it came. */
	readonly body: unknown;
	readonly parsed: ParsedChat;
	readonly serving: ServingProviders;
	readonly routing: Routing;
}

/** Reads the body of a request of the chat face; `key` as it was looked up. Throws `GatewayError` 400 and 413. */
export async function readChat(call: Call, key: Pick<KeyState, "keyId" | "policy">): Promise<ChatCall> {
	const { headers } = call.request;
	const optimize = optimizeWish(headers);
	const [body, serving] = await Promise.all([readJson(call.request), call.isolate.providers.serving(call)]);
	const parsed = parseChat(body, (field) => {
		const name = canonicalProvider(field);
		return isBuiltIn(name) || serving.byName.has(name) ? name : undefined;
	});
	const { request, wanted } = parsed;
	const routing = await Routing.begin(call, { wanted, request, optimize, session: sessionOf(headers) }, serving, key);
	return { body, parsed, serving, routing };
}
