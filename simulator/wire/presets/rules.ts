// What the vendors beyond the built-in ones refuse of a Chat Completions request, from their documents.
import { isObject, type JsonObject } from "#lib/json";

/** A vendor's rule: what is wrong with a request in its words; null for nothing. */
export type Rule = (body: JsonObject, modelId: string) => string | null;

/** The first problem that any of the rules finds. */
export const all =
	(...rules: readonly Rule[]): Rule =>
	(body, modelId) => {
		for (const rule of rules) {
			const problem = rule(body, modelId);
			if (problem !== null) return problem;
		}
		return null;
	};

/** Refuses fields, whatever they say. */
export const without =
	(...fields: readonly string[]): Rule =>
	(body) => {
		const field = fields.find((name) => body[name] != null);
		return field === undefined ? null : `property '${field}' is unsupported`;
	};

/** Refuses fields that are not listed. */
export const only = (fields: string): Rule => {
	const known = new Set(fields.split(/\s+/));
	return (body) => {
		const field = Object.keys(body).find((name) => !known.has(name));
		return field === undefined ? null : `Extra inputs are not permitted: ${field}`;
	};
};

export const oneChoice: Rule = (body) => (body.n != null && body.n !== 1 ? "n must be equal to 1" : null);

/** Refuses names of messages' authors. */
export const nameless: Rule = (body) =>
	messagesOf(body).some((message) => message.name != null) ? "property 'messages[].name' is unsupported" : null;

export const temperatureWithin =
	(least: number, most: number): Rule =>
	({ temperature }) =>
		typeof temperature === "number" && (temperature < least || temperature > most)
			? `invalid temperature: must be from ${least} to ${most}`
			: null;

export const oneStop: Rule = ({ stop }) => (Array.isArray(stop) && stop.length > 1 ? "stop takes one word" : null);

/** Which forms of `tool_choice` are known: words, and "named" for a tool by its name. */
export const toolChoices =
	(...known: readonly string[]): Rule =>
	({ tool_choice: choice }) => {
		if (choice == null) return null;
		const form = typeof choice === "string" ? choice : "named";
		return known.includes(form) ? null : `tool_choice '${form}' is not supported`;
	};

export const callIdsLike =
	(form: RegExp): Rule =>
	(body) => {
		const ids = messagesOf(body).flatMap(({ tool_call_id: id, tool_calls: calls }) => [
			...(typeof id === "string" ? [id] : []),
			...(Array.isArray(calls) ? calls.map((call) => (isObject(call) ? String(call.id) : "")) : []),
		]);
		const wrong = ids.find((id) => !form.test(id));
		return wrong === undefined ? null : `Tool call id was ${wrong} but must be a-z, A-Z, 0-9, with a length of 9.`;
	};

/** A model that thinks wants what it thought before each of its calls. */
export const reasoningEchoed =
	(thinks: RegExp): Rule =>
	(body, modelId) => {
		const thinking = isObject(body.thinking) ? body.thinking.type : "enabled";
		if (!thinks.test(modelId) || thinking === "disabled") return null;
		const at = messagesOf(body).findIndex(
			(message) => Array.isArray(message.tool_calls) && typeof message.reasoning_content !== "string",
		);
		return at < 0
			? null
			: `thinking is enabled but reasoning_content is missing in assistant tool call message at index ${at}`;
	};

/** Open Qwen3 models think only in streams. */
export const thinksInStreams: Rule = (body, modelId) =>
	/^qwen3-\d+(\.\d+)?b$/.test(modelId) && body.stream !== true && body.enable_thinking !== false
		? "parameter.enable_thinking must be set to false for non-streaming calls"
		: null;

/** What models that reason refuse. */
export const whereReasoning =
	(models: RegExp, rule: Rule): Rule =>
	(body, modelId) =>
		models.test(modelId) ? rule(body, modelId) : null;

export const noPlainJson: Rule = ({ response_format: format }) =>
	isObject(format) && format.type === "json_object" ? "response_format must be json_schema or regex" : null;

function messagesOf({ messages }: JsonObject): JsonObject[] {
	return Array.isArray(messages) ? messages.filter(isObject).map((message) => message as JsonObject) : [];
}
