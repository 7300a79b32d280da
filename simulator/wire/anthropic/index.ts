/** Anthropic's Messages format. */
import { isObject, type Json, type JsonObject } from "#lib/json";
import type { Question } from "#simulator/model/model-behaviour";
import { jsonFormat } from "#simulator/model/prompt-schema";
import { searchesOf } from "#simulator/model/search";
import { attachmentName, InputCount } from "#simulator/model/usage";
import { decode } from "#simulator/wire/check";
import { checkCredential } from "#simulator/wire/credential";
import type { Play, Seat, Wire } from "#simulator/wire/wire";
import { anthropicFailure, anthropicMalformed, invalidMessage } from "./errors";
import { checkHistory, mergeTurns } from "./history";
import { type AnthropicBody, AnthropicSchema, type Block, mostSearches, ownTools, type Turn } from "./schema";
import { isFifthOpus, isThinking } from "./thinking";
import { AnthropicWriter } from "./writer";

function read(raw: JsonObject, seat: Seat): Play {
	const body = decode(AnthropicSchema, raw, anthropicMalformed);
	checkSettings(body, seat);
	checkTools(body, seat);
	const turns = mergeTurns(body.messages);
	checkHistory(turns, body, seat);
	const question = questionOf(body, turns, seat);
	const counted = countOf(body, turns);
	const search = searchesOf(question.text, counted.total, mostSearches(body));
	const writer = new AnthropicWriter(body, seat, search);
	return {
		question,
		input: { ...counted, search },
		stream: body.stream === true,
		serviceTier: "standard",
		whole: (answer) => writer.whole(answer),
		frames: (answer) => writer.frames(answer),
	};
}

function checkSettings(body: AnthropicBody, seat: Seat): void {
	const { maxOutput, traits, id } = seat.model;
	if (maxOutput !== null && body.max_tokens > maxOutput) {
		throw invalidMessage(
			`max_tokens: ${body.max_tokens} > ${maxOutput}, which is the maximum allowed number of output tokens for ${id}`,
		);
	}
	const thinking = body.thinking;
	const hasBudget = traits.thinking === "budget";
	if (thinking?.type === "enabled" && !hasBudget) {
		throw invalidMessage(
			'"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.',
		);
	}
	if (thinking?.type === "adaptive" && hasBudget)
		throw invalidMessage("adaptive thinking is not supported on this model");
	if (thinking?.type === "disabled") {
		if (traits.thinking === "always") throw invalidMessage('"thinking.type.disabled" is not supported for this model.');
		const effort = body.output_config?.effort;
		if (isFifthOpus(id) && (effort === "xhigh" || effort === "max")) {
			throw invalidMessage(`"thinking.type.disabled" is not supported with effort ${effort}.`);
		}
	}
	if (thinking?.type === "enabled") {
		if (thinking.budget_tokens < 1024) {
			throw invalidMessage("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024");
		}
		if (thinking.budget_tokens >= body.max_tokens) {
			throw invalidMessage("`max_tokens` must be greater than `thinking.budget_tokens`.");
		}
		if (body.temperature !== undefined && body.temperature !== 1) {
			throw invalidMessage("`temperature` may only be set to 1 when thinking is enabled.");
		}
	}
	if (traits.fixed_sampling !== "always") return;
	if (body.temperature !== undefined && body.temperature !== 1)
		throw invalidMessage("`temperature` is deprecated for this model.");
	if (body.top_p !== undefined && body.top_p !== 1) throw invalidMessage("`top_p` is deprecated for this model.");
	if (body.top_k !== undefined) throw invalidMessage("`top_k` is deprecated for this model.");
}

function checkTools(body: AnthropicBody, seat: Seat): void {
	for (const [at, { input_schema: schema }] of ownTools(body).entries()) {
		if (schema.type !== "object")
			throw invalidMessage(`tools.${at}.custom.input_schema.type: Input should be 'object'`);
		if (["oneOf", "allOf", "anyOf"].some((key) => key in schema)) {
			throw invalidMessage(
				`tools.${at}.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level`,
			);
		}
	}
	const choice = body.tool_choice;
	if (choice === undefined) return;
	if (body.tools === undefined || body.tools.length === 0) {
		throw invalidMessage("tool_choice may only be specified while providing tools.");
	}
	const isForced = choice.type === "any" || choice.type === "tool";
	if (isForced && seat.model.traits.no_forced_tools === true) {
		throw invalidMessage(`tool_choice: type "${choice.type}" is not supported for this model.`);
	}
	if (isForced && body.thinking?.type === "enabled") {
		throw invalidMessage("Thinking may not be enabled when tool_choice forces tool use.");
	}
	if (choice.type === "tool" && !body.tools.some((tool) => tool.name === choice.name)) {
		throw invalidMessage(`Tool '${choice.name}' not found in provided tools`);
	}
}

/**
 * Counts the prompt in the order in which it is cached: tools, system, messages. Up to the last breakpoint it is
 * cached; what was there before the last assistant turn is read, since that turn was made from it, the rest is written.
 */
function countOf(body: AnthropicBody, turns: readonly Turn[]) {
	const count = new InputCount();
	let read = 0;
	let written = 0;
	const writes = { "5m": 0, "1h": 0 };
	const lastAnswer = turns.findLastIndex((turn) => turn.role === "assistant");
	const breakpoint = (block: object, turn: number) => {
		const control = "cache_control" in block ? block.cache_control : undefined;
		if (!isObject(control)) return;
		if (lastAnswer !== -1 && turn <= lastAnswer) read = count.total;
		else writes[control.ttl === "1h" ? "1h" : "5m"] += count.total - Math.max(read, written);
		written = count.total;
	};
	for (const tool of body.tools ?? []) {
		const { cache_control: _, ...declared } = tool;
		count.json(declared as unknown as Json);
		breakpoint(tool, -1);
	}
	if (body.system !== undefined) {
		count.message();
		for (const block of typeof body.system === "string"
			? [{ type: "text" as const, text: body.system }]
			: body.system) {
			count.text(block.text);
			breakpoint(block, -1);
		}
	}
	for (const [at, turn] of turns.entries()) {
		count.message();
		for (const block of turn.content) {
			countBlock(block, count);
			breakpoint(block, at);
		}
	}
	count.json(body.output_config?.format?.schema);
	if (body.cache_control != null) breakpoint(body, turns.length);
	return count.done("reads and writes", { read, write: writes["5m"], writeHour: writes["1h"] });
}

function countBlock(block: Block, count: InputCount): void {
	switch (block.type) {
		case "text":
			count.text(block.text);
			break;
		case "image":
			count.image();
			break;
		case "document":
			count.file();
			break;
		case "tool_use":
			count.text(block.name);
			count.json(block.input);
			break;
		case "tool_result":
			for (const part of typeof block.content === "string"
				? [{ type: "text" as const, text: block.content }]
				: (block.content ?? [])) {
				countBlock(part, count);
			}
			break;
		case "thinking":
			count.text(block.thinking);
			break;
		case "redacted_thinking":
			count.text(block.data);
	}
}

function questionOf(body: AnthropicBody, turns: readonly Turn[], seat: Seat): Question {
	const user = turns.findLast(
		(turn) => turn.role === "user" && turn.content.some((block) => block.type !== "tool_result"),
	);
	const choice = body.tool_choice ?? { type: "auto" };
	return {
		text: textOf(user?.content ?? []),
		results: resultsOf(turns),
		attachments: (user?.content ?? []).flatMap(attachmentOf),
		tools: ownTools(body).map((tool) => ({ name: tool.name, parameters: tool.input_schema })),
		choice: choice.type === "any" ? "required" : choice.type === "tool" ? [choice.name] : choice.type,
		parallel: !("disable_parallel_tool_use" in choice && choice.disable_parallel_tool_use === true),
		json: jsonFormat(body.output_config?.format?.schema, [
			typeof body.system === "string" ? body.system : textOf(body.system ?? []),
			...turns.filter(({ role }) => role === "user").map(({ content }) => textOf(content)),
		]),
		thinking: thinkingOf(body, seat),
		stop: body.stop_sequences ?? [],
		limit: body.max_tokens,
		n: 1,
	};
}

function textOf(blocks: readonly Block[]): string {
	return blocks.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n");
}

function thinkingOf(body: AnthropicBody, seat: Seat): Question["thinking"] {
	if (!isThinking(body, seat)) return 0;
	// A model that must call a tool at once does not think about whether to.
	if (body.tool_choice?.type === "any" || body.tool_choice?.type === "tool") return 0;
	if (body.thinking?.type === "enabled")
		return body.thinking.budget_tokens < 4096 ? 1 : body.thinking.budget_tokens < 16384 ? 2 : 3;
	const effort = body.output_config?.effort ?? "medium";
	return effort === "low" ? 1 : effort === "medium" ? 2 : 3;
}

function resultsOf(turns: readonly Turn[]): { name: string; text: string }[] {
	const names = new Map<string, string>();
	for (const turn of turns)
		for (const block of turn.content) if (block.type === "tool_use") names.set(block.id, block.name);
	return (turns.at(-1)?.content ?? []).flatMap((block) => {
		if (block.type !== "tool_result") return [];
		const { content = "" } = block;
		const text =
			typeof content === "string"
				? content
				: content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
		return [{ name: names.get(block.tool_use_id) ?? "unknown", text }];
	});
}

function attachmentOf(block: Block): string[] {
	if (block.type !== "image" && block.type !== "document") return [];
	const kind = block.type === "image" ? "an image" : "a document";
	const { source } = block;
	if (source.type === "url") return [attachmentName(kind, source.url)];
	if (source.type === "file") return [attachmentName(kind, source.file_id)];
	return [attachmentName(kind, `data:${source.media_type};base64,${source.data}`)];
}

function headers(id: string, now: number): Record<string, string> {
	const reset = new Date(now + 60_000).toISOString();
	const limits = ["requests", "tokens", "input-tokens", "output-tokens"].flatMap((what) => [
		[`anthropic-ratelimit-${what}-limit`, "400000"],
		[`anthropic-ratelimit-${what}-remaining`, "399000"],
		[`anthropic-ratelimit-${what}-reset`, reset],
	]);
	return { "request-id": `req_${id}`, "anthropic-organization-id": "simulated", ...Object.fromEntries(limits) };
}

export const anthropic: Wire = {
	admit(given) {
		checkCredential(given, ["x-api-key", "authorization"], () => anthropicFailure(401));
		if (!given.has("anthropic-version")) throw invalidMessage("anthropic-version: header is required");
	},
	read,
	failure: anthropicFailure,
	noModel: (id) => anthropicFailure(404, `model: ${id}`),
	tooLong: (context, tokens) => invalidMessage(`prompt is too long: ${tokens} tokens > ${context} maximum`),
	errorFrame: () => `event: error\ndata: ${JSON.stringify(anthropicFailure(529).body)}\n\n`,
	lead: "",
	headers,
};
