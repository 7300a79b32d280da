/** Gemini's native format. */
import { isObject, type Json, type JsonObject } from "#lib/json";
import type { Question } from "#simulator/model/model-behaviour";
import { jsonFormat } from "#simulator/model/prompt-schema";
import { attachmentName, InputCount } from "#simulator/model/usage";
import { readGeminiSpeech } from "#simulator/wire/audio/gemini";
import { decode } from "#simulator/wire/check";
import { checkCredential } from "#simulator/wire/credential";
import { type Drawn, drawnBy } from "#simulator/wire/images/shapes";
import type { Play, Seat, Wire } from "#simulator/wire/wire";
import { geminiFailure, geminiMalformed, invalid } from "./errors";
import { checkHistory } from "./history";
import { type GeminiBody, type GeminiDeclaration, type GeminiPart, GeminiSchema } from "./schema";
import { GeminiWriter } from "./writer";

function read(raw: JsonObject, seat: Seat): Play {
	const body = decode(GeminiSchema, raw, geminiMalformed);
	checkHistory(body.contents, seat);
	checkSettings(body, seat);
	if (seat.model.output.includes("speech")) return readGeminiSpeech(body, seat);
	const tools = (body.tools ?? []).flatMap((tool) => tool.functionDeclarations ?? []);
	for (const [at, tool] of tools.entries()) checkDeclaration(tool, at);

	const count = new InputCount();
	for (const content of [...(body.systemInstruction === undefined ? [] : [body.systemInstruction]), ...body.contents]) {
		count.message();
		for (const part of content.parts) countPart(part, count);
	}
	count.json(tools as unknown as Json);
	const config = body.generationConfig ?? {};
	count.json(config.responseSchema ?? config.responseJsonSchema);
	const question = questionOf(body, seat);
	const drawn = drawnFor(body, question.text, seat);
	const writer = new GeminiWriter(body, seat, drawn);
	return {
		question,
		input: count.done("reads"),
		...(drawn === null ? {} : { made: { tokens: drawn.tokens, units: {} } }),
		stream: seat.streamPath !== "none",
		...(seat.streamPath === "array" ? { streamType: "application/json; charset=UTF-8" } : {}),
		...(body.serviceTier === undefined ? {} : { serviceTier: body.serviceTier }),
		whole: (answer) => writer.whole(answer),
		frames: (answer) => writer.frames(answer),
	};
}

/** The picture that comes with an answer; null for none. Models that draw do so unless they are told to write alone. */
function drawnFor({ generationConfig: config = {} }: GeminiBody, text: string, { model }: Seat): Drawn | null {
	const { responseModalities: modalities, imageConfig: { aspectRatio = "1:1", imageSize = "1K" } = {} } = config;
	const draws = model.output.includes("image") && model.supposed !== true;
	const isAsked = modalities?.some((modality) => modality.toUpperCase() === "IMAGE") ?? draws;
	if (!draws) {
		if (isAsked) throw invalid("Model does not support the requested response modalities: image");
		return null;
	}
	if (config.candidateCount !== undefined && config.candidateCount > 1)
		throw invalid("Multiple candidates is not enabled for this model");
	if (!isAsked) return null;
	const drawn = drawnBy(model, text, aspectRatio, imageSize);
	if (drawn === null) throw invalid("Request contains an invalid argument.");
	return drawn;
}

function checkSettings(body: GeminiBody, seat: Seat): void {
	const config = body.generationConfig ?? {};
	const { maxOutput, traits, id } = seat.model;
	if (config.maxOutputTokens !== undefined && maxOutput !== null && config.maxOutputTokens > maxOutput) {
		throw invalid(
			`Unable to submit request because it has a maxOutputTokens value of ${config.maxOutputTokens} but the supported range is from 1 (inclusive) to ${maxOutput + 1} (exclusive).`,
		);
	}
	if (config.responseSchema !== undefined && config.responseJsonSchema !== undefined) {
		throw invalid("Only one of response_schema and response_json_schema may be set.");
	}
	const hasSchema = config.responseSchema !== undefined || config.responseJsonSchema !== undefined;
	if (hasSchema && (config.responseMimeType ?? "text/plain") === "text/plain") {
		throw invalid("Response schema is only supported with response mime type: application/json.");
	}
	if (config.responseSchema !== undefined) checkDialect(config.responseSchema, "generation_config.response_schema");
	if (config.logprobs !== undefined && config.responseLogprobs !== true) {
		throw invalid("Logprobs is only supported when response_logprobs is set to true.");
	}
	if (body.systemInstruction !== undefined && traits.no_system_prompt === true) {
		throw invalid(`Developer instruction is not enabled for models/${id}`);
	}
	checkThinking(config.thinkingConfig ?? {}, seat);
}

function checkThinking(config: { thinkingBudget?: number; thinkingLevel?: string }, seat: Seat): void {
	const { thinkingBudget: budget, thinkingLevel: level } = config;
	const { thinking, efforts = [] } = seat.model.traits;
	if (budget !== undefined && level !== undefined)
		throw invalid("You can only set only one of thinking budget and thinking level.");
	if (level !== undefined && thinking !== "level") throw invalid("Thinking level is not supported for this model.");
	if (level !== undefined && !(efforts as readonly string[]).includes(level.toLowerCase())) {
		throw invalid(`Thinking level ${level} is not supported for this model.`);
	}
	if (budget !== undefined && thinking !== "budget") throw invalid("Thinking budget is not supported for this model.");
	if (budget === 0 && !efforts.includes("none"))
		throw invalid("Budget 0 is invalid. This model only works in thinking mode.");
}

function checkDeclaration(tool: GeminiDeclaration, at: number): void {
	const where = `tools[0].function_declarations[${at}]`;
	if (!/^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$/.test(tool.name)) {
		throw invalid(`Invalid function name at ${where}.name. Must start with a letter or an underscore.`);
	}
	if (tool.parameters !== undefined && tool.parametersJsonSchema !== undefined) {
		throw invalid(`${where}: only one of parameters and parameters_json_schema may be set.`);
	}
	if (tool.parameters === undefined) return;
	checkDialect(tool.parameters, `${where}.parameters`);
	const properties = tool.parameters.properties;
	if (!isObject(properties) || Object.keys(properties).length === 0) {
		throw invalid(`* GenerateContentRequest.${where}.parameters.properties: should be non-empty for OBJECT type`);
	}
}

const DIALECT = new Set(
	`type format title description nullable enum items minItems maxItems properties required propertyOrdering minProperties
	maxProperties minLength maxLength pattern minimum maximum anyOf default example`.split(/\s+/),
);

/** Schemas in Gemini's own dialect know fewer words than JSON Schema. */
function checkDialect(schema: unknown, where: string): void {
	if (!isObject(schema)) throw invalid(`Invalid value at '${where}' (Schema)`);
	const stranger = Object.keys(schema).find((key) => !DIALECT.has(key));
	if (stranger !== undefined) {
		throw invalid(`Invalid JSON payload received. Unknown name "${stranger}" at '${where}': Cannot find field.`);
	}
	if (Array.isArray(schema.type))
		throw invalid(
			`Invalid JSON payload received. Unknown name "type" at '${where}': Proto field is not repeating, cannot start list.`,
		);
	if (schema.items !== undefined) checkDialect(schema.items, `${where}.items`);
	if (Array.isArray(schema.anyOf))
		for (const [at, entry] of schema.anyOf.entries()) checkDialect(entry, `${where}.any_of[${at}]`);
	if (!isObject(schema.properties)) return;
	for (const [at, property] of Object.values(schema.properties).entries())
		checkDialect(property, `${where}.properties[${at}].value`);
}

function countPart(part: GeminiPart, count: InputCount): void {
	if (part.text !== undefined) count.text(part.text);
	const media = part.inlineData?.mimeType ?? part.fileData?.mimeType ?? (part.fileData === undefined ? undefined : "");
	if (media?.startsWith("image/") === true) count.image();
	else if (media?.startsWith("audio/") === true) count.sound();
	else if (media !== undefined) count.file();
	if (part.functionCall !== undefined) {
		count.text(part.functionCall.name);
		count.json(part.functionCall.args ?? {});
	}
	if (part.functionResponse !== undefined) {
		count.json(part.functionResponse.response);
		for (const _ of part.functionResponse.parts ?? []) count.image();
	}
}

function questionOf(body: GeminiBody, seat: Seat): Question {
	const config = body.generationConfig ?? {};
	const user = body.contents.findLast(
		(content) => content.role === "user" && content.parts.some((part) => part.functionResponse === undefined),
	);
	const last = body.contents.at(-1);
	return {
		text: textOf(user?.parts ?? []),
		results: (last?.parts ?? []).flatMap(({ functionResponse: result }) =>
			result === undefined ? [] : [{ name: result.name, text: resultText(result.response) }],
		),
		attachments: (user?.parts ?? []).flatMap(attachmentOf),
		tools: (body.tools ?? [])
			.flatMap((tool) => tool.functionDeclarations ?? [])
			.map((tool) => ({
				name: tool.name,
				parameters: tool.parametersJsonSchema ?? tool.parameters ?? { type: "object" },
			})),
		choice: choiceOf(body),
		parallel: true,
		json: jsonFormat(
			config.responseMimeType === "application/json"
				? (config.responseJsonSchema ?? config.responseSchema ?? "any object")
				: undefined,
			[
				textOf(body.systemInstruction?.parts ?? []),
				...body.contents.filter(({ role }) => role !== "model").map(({ parts }) => textOf(parts)),
			],
		),
		thinking: thinkingOf(body, seat),
		stop: config.stopSequences ?? [],
		limit: config.maxOutputTokens ?? seat.model.maxOutput ?? Number.MAX_SAFE_INTEGER,
		n: config.candidateCount ?? 1,
	};
}

function textOf(parts: readonly GeminiPart[]): string {
	return parts.flatMap(({ text }) => (text === undefined ? [] : [text])).join("\n");
}

/** What a tool said: the text that callers wrap into an object, or the object itself. */
function resultText(response: JsonObject): string {
	const wrapped = response.output ?? response.content ?? response.result;
	return typeof wrapped === "string" ? wrapped : JSON.stringify(response);
}

function attachmentOf(part: GeminiPart): string[] {
	if (part.fileData !== undefined) return [attachmentName("a file", part.fileData.fileUri)];
	if (part.inlineData === undefined) return [];
	const { mimeType, data } = part.inlineData;
	const kind = mimeType.startsWith("image/")
		? "an image"
		: mimeType.startsWith("audio/")
			? "audio"
			: mimeType.startsWith("video/")
				? "a video"
				: "a file";
	return [attachmentName(kind, `data:${mimeType};base64,${data}`)];
}

function choiceOf(body: GeminiBody): Question["choice"] {
	const { mode = "AUTO", allowedFunctionNames: names } = body.toolConfig?.functionCallingConfig ?? {};
	if (mode === "NONE") return "none";
	if (mode === "ANY") return names === undefined || names.length === 0 ? "required" : names;
	return "auto";
}

function thinkingOf(body: GeminiBody, seat: Seat): Question["thinking"] {
	const { thinkingBudget: budget = -1, thinkingLevel: level } = body.generationConfig?.thinkingConfig ?? {};
	if (!seat.model.reasoning || budget === 0) return 0;
	if (level !== undefined) return level === "HIGH" ? 3 : level === "MEDIUM" ? 2 : 1;
	return budget < 0 ? 2 : budget < 4096 ? 1 : budget < 16384 ? 2 : 3;
}

export const gemini: Wire = {
	admit: (headers) => checkCredential(headers, ["x-goog-api-key"], () => geminiFailure(401)),
	read,
	failure: geminiFailure,
	noModel: (id) =>
		geminiFailure(
			404,
			`models/${id} is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.`,
		),
	tooLong: (context, tokens) =>
		invalid(`The input token count (${tokens}) exceeds the maximum number of tokens allowed (${context}).`),
	errorFrame: () => `data: ${JSON.stringify(geminiFailure(503).body)}\r\n\r\n`,
	lead: "",
	headers: () => ({ server: "scaffolding on HTTPServer2", "server-timing": "gfet4t7; dur=12" }),
};
