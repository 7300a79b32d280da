/** A vendor's own API, passed on: what is asked and answered is the vendor's and the caller's affair. */
import type { KeyId } from "#core/ids";
import type { JsonObject } from "#lib/json";
import { TextHash } from "#lib/text-hash";
import { roughTokens } from "#metering/estimate";
import type { Operation, Requirements } from "#operations/operation";
import { withField } from "./fields";
import type { NativeAnswer, NativeChunk, NativeRequest } from "./request";

const NOTHING: Requirements = {
	input: new Set(),
	output: new Set(),
	tools: false,
	schema: false,
	reasoning: false,
};

export const native: Operation<NativeRequest, NativeAnswer, NativeChunk> = {
	name: "native",
	routing: {
		serves: () => true,
		kin: (model) => model.id,
		requirements: () => NOTHING,
		signals: () => new Set(),
		family: (keyId: KeyId, { endpoint }) => new TextHash().add(keyId).add("native").add(endpoint.path).digest(),
		conversation: (family, session) =>
			new TextHash()
				.add(family)
				.add(session ?? "")
				.digest(),
		prefixes: () => [],
		turns: () => 0,
		isUnderWay: () => false,
		roughInput: ({ body }) => roughTokens(JSON.stringify(body)),
		// The face has refused it.
		vendorState: () => null,
	},
	outputLimit: ({ limit, endpoint }) => limit ?? (endpoint.limits === undefined ? 0 : undefined),
	withOutputLimit: withLimit,
	estimateInput: ({ body, endpoint }) =>
		endpoint.charge === "usage" ? Math.ceil(roughTokens(JSON.stringify(body))) : 0,
	mayThinkLong: () => true,
	hasEffects: () => true,
	subject: ({ body }) => body,
	defectIn: () => null,
	isEmpty: ({ reply }) => reply.bytes.byteLength === 0,
	// Of what no figures came for, every byte may have been written.
	written: ({ reply }) => new TextDecoder().decode(reply.bytes),
	writtenIn: ({ text }) => text,
	hasContent: ({ isContent }) => isContent,
	toChunks: (answer) => [
		{
			text: "",
			isContent: true,
			wire: `data: ${new TextDecoder().decode(answer.reply.bytes).replace(/\s*\n\s*/g, " ")}\n\n`,
			...(answer.usage !== null && { usage: answer.usage }),
		},
	],
	toAnswer: () => {
		throw new TypeError("a stream of a vendor's own API is never collected");
	},
};

function withLimit(request: NativeRequest, tokens: number): NativeRequest {
	const [first] = request.endpoint.limits ?? [];
	if (first === undefined) return request;
	return { ...request, limit: tokens, body: withField(request.body, first, tokens) as JsonObject };
}
