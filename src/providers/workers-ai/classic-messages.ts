// Writes a conversation for Workers AI's older models.
import type { Model } from "#catalog/model";
import type { AssistantMessage, Message, UserPart } from "#core/chat/chat";
import { unsupportedParameter } from "#core/errors";
import type { Json, JsonObject } from "#lib/json";
import { callArguments, callName, readHistory, type Turn, texts } from "#providers/shared/conversation-history";
import { DistinctIds } from "#providers/shared/distinct-ids";
import { mediaAfterResults } from "#providers/shared/tool-media";

/** Content as strings: these models take arrays only where they see images. */
export function classicMessages(messages: readonly Message[], model: Model): JsonObject[] {
	const { system, turns } = readHistory(mediaAfterResults(messages));
	const prompt = system.flatMap(({ content }) => texts(content)).join("\n\n");
	const ids = new DistinctIds();
	const wire = turns.flatMap((turn) => turnMessages(turn, model, ids));
	if (prompt === "") return wire;
	const first = wire[0];
	const isFolded =
		model.traits.no_system_prompt === true && first?.role === "user" && typeof first.content === "string";
	return isFolded
		? [{ ...first, content: `${prompt}\n\n${first.content}` }, ...wire.slice(1)]
		: [{ role: "system", content: prompt }, ...wire];
}

function turnMessages(turn: Turn, model: Model, ids: DistinctIds): JsonObject[] {
	switch (turn.role) {
		case "user":
			return [{ role: "user", content: userContent(turn.message.content, `messages[${turn.at}].content`, model) }];
		case "assistant":
			return [assistantMessage(turn.message, ids)];
		case "results":
			return turn.results.map(({ call, message }) => ({
				role: "tool",
				tool_call_id: ids.of(call),
				name: callName(call),
				content: texts(message.content).join("\n"),
			}));
	}
}

function assistantMessage(
	{ content, refusal, tool_calls: calls = [] }: AssistantMessage,
	ids: DistinctIds,
): JsonObject {
	const text = texts(content ?? refusal ?? "").join("\n");
	if (calls.length === 0) return { role: "assistant", content: text };
	// The models were trained to see their calls in the text.
	const written = calls.map((call) => JSON.stringify({ name: callName(call), parameters: callArguments(call) }));
	return {
		role: "assistant",
		content: text === "" ? written.join("\n") : text,
		tool_calls: calls.map((call) => ({
			id: ids.of(call),
			type: "function",
			function: { name: callName(call), arguments: JSON.stringify(callArguments(call)) },
		})),
	};
}

function userContent(content: string | UserPart[], param: string, model: Model): Json {
	if (typeof content === "string") return content;
	const parts: JsonObject[] = [];
	const plain: string[] = [];
	for (const [index, part] of content.entries()) {
		if (part.type === "text") {
			plain.push(part.text);
			parts.push({ type: "text", text: part.text });
		} else if (part.type === "image_url" && model.input.includes("image")) {
			parts.push({ type: "image_url", image_url: { url: part.image_url.url } });
		} else {
			const message = `${model.provider}/${model.id} takes no \`${part.type}\``;
			throw unsupportedParameter(`${param}[${index}]`, message);
		}
	}
	return plain.length === content.length ? plain.join("\n") : parts;
}
