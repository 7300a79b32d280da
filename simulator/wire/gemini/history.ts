// What Gemini demands of a conversation: turns, function responses, and thought signatures.
import { verify } from "#simulator/model/signature";
import type { Seat } from "#simulator/wire/wire";
import { invalid } from "./errors";
import type { GeminiContent } from "./schema";

/** Sent in place of a signature that the caller does not have. */
const SENTINEL = "skip_thought_signature_validator";

/** Media types that Gemini reads; the others of each kind it refuses by name. */
const READS = new Set(
	`image/png image/jpeg image/webp image/heic image/heif
	audio/wav audio/mp3 audio/mpeg audio/mpga audio/aiff audio/aac audio/ogg audio/flac audio/mp4 audio/m4a audio/opus audio/pcm audio/webm
	video/mp4 video/mpeg video/mpg video/mpegps video/mov video/quicktime video/avi video/x-flv video/flv video/webm video/wmv video/3gpp
	application/pdf application/json application/rtf application/x-javascript application/x-typescript application/x-python-code`.split(
		/\s+/,
	),
);

/** What is signed of a function call. */
export function signedCall(name: string): string {
	return `call ${name}`;
}

/** What is signed of a picture that the model made. */
export const SIGNED_PICTURE = "picture";

/** Checks the turns of a conversation: none empty, calls answered in full, and signatures where they must be. */
export function checkHistory(contents: readonly GeminiContent[], seat: Seat): void {
	if (contents.length === 0) throw invalid("* GenerateContentRequest.contents: contents is not specified\n");
	let open = 0;
	for (const [at, content] of contents.entries()) {
		if (content.role !== "user" && content.role !== "model") throw invalid("Please use a valid role: user, model.");
		checkParts(content, at);
		const responses = content.parts.filter((part) => part.functionResponse !== undefined).length;
		if (responses !== open) {
			throw invalid(
				"Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.",
			);
		}
		open = content.parts.filter((part) => part.functionCall !== undefined).length;
		checkSignatures(content, at, seat);
	}
	if (open > 0)
		throw invalid("Please ensure that function call turn comes immediately before a function response turn.");
}

function checkParts(content: GeminiContent, at: number): void {
	if (content.parts.length === 0) {
		throw invalid(`* GenerateContentRequest.contents[${at}].parts: contents.parts must not be empty.\n`);
	}
	for (const [index, part] of content.parts.entries()) {
		const data = [part.text, part.inlineData, part.fileData, part.functionCall, part.functionResponse].filter(
			(value) => value !== undefined,
		);
		const isBlank = data.length === 1 && part.text === "" && part.thoughtSignature === undefined;
		if (data.length !== 1 || isBlank) {
			throw invalid(
				`* GenerateContentRequest.contents[${at}].parts[${index}].data: required oneof field 'data' must have one initialized field\n`,
			);
		}
		const type = part.inlineData?.mimeType ?? part.fileData?.mimeType;
		if (type !== undefined && !READS.has(type) && !type.startsWith("text/")) {
			throw invalid(`Unsupported MIME type: ${type}`);
		}
	}
}

/**
 * Models of the third generation and later want the first call of every step, and each picture that they made, back
 * with its signature.
 */
function checkSignatures(content: GeminiContent, at: number, seat: Seat): void {
	let isFirst = true;
	for (const [index, part] of content.parts.entries()) {
		const isPicture = content.role === "model" && (part.inlineData ?? part.fileData) !== undefined;
		if (isPicture && part.thoughtSignature === undefined && seat.model.traits.thinking === "level") {
			throw invalid(
				`Image part is missing a thought_signature in content position ${at + 1}, part position ${index + 1}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures#model-behavior for more details.`,
			);
		}
		const call = part.functionCall;
		const signature = part.thoughtSignature;
		if (call !== undefined && isFirst && signature === undefined && seat.model.traits.thinking === "level") {
			throw invalid(
				`Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${call.name}\`, position ${at + 1}.`,
			);
		}
		if (call !== undefined) isFirst = false;
		if (signature === undefined || signature === SENTINEL) continue;
		const signed = call !== undefined ? signedCall(call.name) : isPicture ? SIGNED_PICTURE : "text";
		if (verify(signature, seat.model.id, signed) !== "valid") throw invalid("Corrupted thought signature.");
	}
}
