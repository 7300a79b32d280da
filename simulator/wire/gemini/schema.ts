// What Gemini's native format lets a request say; anything else is refused as the vendor does.
import * as v from "valibot";
import { isObject, type JsonObject } from "#lib/json";

const Struct = v.custom<JsonObject>(isObject, "Struct");
const Part = v.strictObject({
	text: v.exactOptional(v.string()),
	inlineData: v.exactOptional(
		v.strictObject({ mimeType: v.string(), data: v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/_-]*={0,2}$/, "base64")) }),
	),
	fileData: v.exactOptional(v.strictObject({ mimeType: v.exactOptional(v.string()), fileUri: v.string() })),
	functionCall: v.exactOptional(
		v.strictObject({ id: v.exactOptional(v.string()), name: v.string(), args: v.exactOptional(Struct) }),
	),
	functionResponse: v.exactOptional(
		v.strictObject({
			id: v.exactOptional(v.string()),
			name: v.string(),
			response: Struct,
			parts: v.exactOptional(
				v.array(v.strictObject({ inlineData: v.strictObject({ mimeType: v.string(), data: v.string() }) })),
			),
		}),
	),
	thought: v.exactOptional(v.boolean()),
	thoughtSignature: v.exactOptional(v.string()),
	mediaResolution: v.exactOptional(v.unknown()),
	videoMetadata: v.exactOptional(v.unknown()),
});
export type GeminiPart = v.InferOutput<typeof Part>;
const Content = v.strictObject({
	role: v.exactOptional(v.string(), "user"),
	parts: v.exactOptional(v.array(Part), []),
});
export type GeminiContent = v.InferOutput<typeof Content>;

const Schema = v.custom<JsonObject>(isObject, "Schema");
const Declaration = v.strictObject({
	name: v.string(),
	description: v.exactOptional(v.string()),
	parameters: v.exactOptional(Schema),
	parametersJsonSchema: v.exactOptional(Schema),
	response: v.exactOptional(Schema),
	responseJsonSchema: v.exactOptional(Schema),
});
export type GeminiDeclaration = v.InferOutput<typeof Declaration>;

const GenerationConfig = v.strictObject({
	temperature: v.exactOptional(v.pipe(v.number(), v.minValue(0), v.maxValue(2))),
	topP: v.exactOptional(v.number()),
	topK: v.exactOptional(v.number()),
	candidateCount: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(8))),
	maxOutputTokens: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1))),
	stopSequences: v.exactOptional(v.pipe(v.array(v.string()), v.maxLength(5))),
	presencePenalty: v.exactOptional(v.number()),
	frequencyPenalty: v.exactOptional(v.number()),
	seed: v.exactOptional(v.pipe(v.number(), v.integer())),
	responseLogprobs: v.exactOptional(v.boolean()),
	logprobs: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(20))),
	responseMimeType: v.exactOptional(v.picklist(["text/plain", "application/json", "text/x.enum"])),
	responseSchema: v.exactOptional(Schema),
	responseJsonSchema: v.exactOptional(Schema),
	responseModalities: v.exactOptional(v.array(v.string())),
	thinkingConfig: v.exactOptional(
		v.strictObject({
			includeThoughts: v.exactOptional(v.boolean()),
			thinkingBudget: v.exactOptional(v.pipe(v.number(), v.integer())),
			thinkingLevel: v.exactOptional(
				v.pipe(v.string(), v.toUpperCase(), v.picklist(["MINIMAL", "LOW", "MEDIUM", "HIGH"])),
			),
		}),
	),
	mediaResolution: v.exactOptional(v.unknown()),
	speechConfig: v.exactOptional(v.unknown()),
	imageConfig: v.exactOptional(
		v.strictObject({ aspectRatio: v.exactOptional(v.string()), imageSize: v.exactOptional(v.string()) }),
	),
});

export const GeminiSchema = v.strictObject({
	contents: v.exactOptional(v.array(Content), []),
	systemInstruction: v.exactOptional(Content),
	tools: v.exactOptional(
		v.array(
			v.strictObject({
				functionDeclarations: v.exactOptional(v.array(Declaration)),
				googleSearch: v.exactOptional(v.unknown()),
				urlContext: v.exactOptional(v.unknown()),
				codeExecution: v.exactOptional(v.unknown()),
			}),
		),
	),
	toolConfig: v.exactOptional(
		v.strictObject({
			functionCallingConfig: v.exactOptional(
				v.strictObject({
					mode: v.exactOptional(v.picklist(["MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"])),
					allowedFunctionNames: v.exactOptional(v.array(v.string())),
				}),
			),
			includeServerSideToolInvocations: v.exactOptional(v.boolean()),
		}),
	),
	generationConfig: v.exactOptional(GenerationConfig),
	safetySettings: v.exactOptional(v.array(v.strictObject({ category: v.string(), threshold: v.string() }))),
	cachedContent: v.exactOptional(v.string()),
	serviceTier: v.exactOptional(v.picklist(["standard", "flex", "priority"])),
});
export type GeminiBody = v.InferOutput<typeof GeminiSchema>;
