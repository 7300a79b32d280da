/** Parses a request for a moderation into the canonical one. */
import * as v from "valibot";
import { type GatewayError, invalidRequest } from "#core/errors";
import type { ModerationPart, ModerationRequest } from "#core/moderation/moderation";
import { validationError } from "#core/validation-error";
import type { Parsed } from "#faces/face";
import { extensionsOf, preferenceOf, STANDALONE_FIELDS, withoutNulls } from "#faces/standalone-fields";
import { isObject } from "#lib/json";

/** The most texts, or parts of one input. */
const MAX_INPUTS = 2_048;
/** What OpenAI judges by when a request names no model, which its SDKs let callers leave out. */
const DEFAULT_MODEL = "omni-moderation-latest";

const Part = v.variant("type", [
	v.object({ type: v.literal("text"), text: v.pipe(v.string(), v.nonEmpty("must not be empty")) }),
	v.object({
		type: v.literal("image_url"),
		image_url: v.object({ url: v.pipe(v.string(), v.nonEmpty("must not be empty")) }),
	}),
]);

/** Fields that the gateway reads, but for the input; everything else is kept. */
export const RequestSchema = v.looseObject(STANDALONE_FIELDS);
/** A text, texts that are judged one by one, or the parts of one input. */
export const InputSchema = v.union([v.string(), v.array(v.string()), v.array(Part)]);
const KNOWN: ReadonlySet<string> = new Set([...Object.keys(STANDALONE_FIELDS), "input"]);

/** Parses a body into the canonical request. Throws `GatewayError` 400 naming the offending field. */
export function parseModeration(
	body: unknown,
	providerNamed: (field: string) => string | undefined,
): Parsed<ModerationRequest, null> {
	if (!isObject(body)) throw invalidRequest("the request body must be a JSON object");
	const result = v.safeParse(RequestSchema, withoutNulls(body), { abortEarly: true });
	if (!result.success) throw validationError(result.issues[0]);
	const wire = result.output;
	const isNamed = wire.model !== undefined || wire.models !== undefined;
	return {
		request: {
			stream: false,
			inputs: inputsOf(wire.input),
			...(wire.user !== undefined && { user: wire.user }),
			...extensionsOf(wire, KNOWN, providerNamed),
		},
		preference: { ...preferenceOf(wire), ...(!isNamed && { model: DEFAULT_MODEL }) },
		style: null,
		relays: false,
	};
}

function inputsOf(input: unknown): readonly (readonly ModerationPart[])[] {
	if (typeof input === "string") return [[textPart(input, "input")]];
	if (!Array.isArray(input)) throw refused("input", "must be a string, an array of strings, or an array of parts");
	if (input.length === 0) throw refused("input", "must not be empty");
	if (input.length > MAX_INPUTS) throw refused("input", `must have at most ${MAX_INPUTS} entries`);
	if (typeof input[0] === "string") return input.map((text, at) => [textPart(text, `input[${at}]`)]);
	return [input.map(partOf)];
}

function textPart(text: unknown, name: string): ModerationPart {
	if (typeof text !== "string") throw refused(name, "must be a string like the first");
	if (text === "") throw refused(name, "must not be empty");
	return { type: "text", text };
}

function partOf(part: unknown, at: number): ModerationPart {
	const result = v.safeParse(Part, part);
	if (!result.success) throw refused(`input[${at}]`, "must be a part with a `text` or an `image_url`, not empty");
	return result.output;
}

function refused(name: string, problem: string): GatewayError {
	return invalidRequest(`\`${name}\` ${problem}`, name);
}
