/**
 * What is known of the price list's models beside their prices: by vendor, the lines of its products, of which the
 * first that fits a name counts. Of other models nothing is known, and then all is supposed, so that nothing that they
 * may be able to do is left out or refused for them: their vendor knows best.
 */
import type { WrittenModel } from "./catalog";

/** The fields of a model that may be able to do anything. */
export const SUPPOSED: WrittenModel = {
	supposed: true,
	input: ["text", "image", "audio", "video", "pdf"],
	output: ["text", "image", "audio"],
	tools: true,
	json_schema: true,
	reasoning: true,
};

const WHOLE = { input: ["text", "image", "pdf"], tools: true, json_schema: true };
const EFFORTS = ["low", "medium", "high"];
const OPENAI_THINKS = { ...WHOLE, reasoning: true };
const RESPONSES = { input: ["text", "image"], tools: true, json_schema: true, reasoning: true };
const GEMINI = { input: ["text", "image", "audio", "video", "pdf"], tools: true, json_schema: true };
const CLASSIC = { tools: false, traits: { classic: true } };

/** Models that OpenAI's Responses API alone serves, with the efforts that they take where these are known. */
const onResponses = (efforts?: readonly string[]) => ({
	...(efforts && { efforts }),
	responses_only: true,
	fixed_sampling: "always",
});

const LINES: Readonly<Record<string, readonly (readonly [RegExp, WrittenModel])[]>> = {
	openai: [
		[/^(?:o1-pro|o3-pro|codex-mini)/, { ...RESPONSES, max_output: 100_000, traits: onResponses(EFFORTS) }],
		[/^gpt-5-pro$/, { ...RESPONSES, max_output: 128_000, traits: onResponses(["high"]) }],
		[/^gpt-5(?:[.-]1)?-codex(?:-mini)?$/, { ...RESPONSES, max_output: 128_000, traits: onResponses(EFFORTS) }],
		[/^gpt-5[.-]\d-(?:pro$|codex)/, { ...RESPONSES, max_output: 128_000, traits: onResponses() }],
		[/^gpt-(?:3\.5|35)-turbo|^gpt-3\.5|^gpt-4(?:-32k|-\d{4})?$/, { max_output: 4096 }],
		[/^gpt-4(?:-1106)?-vision/, { input: ["text", "image"], tools: false, max_output: 4096 }],
		[/^gpt-4-/, { input: ["text", "image"], max_output: 4096 }],
		[/^gpt-4o-2024-05-13$/, { input: ["text", "image", "pdf"], max_output: 4096 }],
		[/^gpt-4o(?:-mini)?$/, { ...WHOLE, max_output: 16_384 }],
		[/^gpt-4\.1-nano/, { ...WHOLE, context: 1_047_576, max_output: 32_768 }],
		[/^gpt-4\.5/, { ...WHOLE, context: 128_000, max_output: 16_384 }],
		[
			/^o1-(?:mini|preview)/,
			{
				tools: false,
				reasoning: true,
				max_output: 65_536,
				traits: { efforts: [], fixed_sampling: "always", no_system_prompt: true },
			},
		],
		[
			/^o3-mini$/,
			{
				json_schema: true,
				reasoning: true,
				max_output: 100_000,
				traits: { efforts: EFFORTS, fixed_sampling: "always" },
			},
		],
		[
			/^(?:o1|o3|o4-mini)$/,
			{ ...OPENAI_THINKS, max_output: 100_000, traits: { efforts: EFFORTS, fixed_sampling: "always" } },
		],
		[
			/^gpt-5(?:-mini|-nano)?$/,
			{
				...OPENAI_THINKS,
				max_output: 128_000,
				traits: { efforts: ["minimal", ...EFFORTS], fixed_sampling: "always" },
			},
		],
		[
			/^gpt-5\.[12]$/,
			{
				...OPENAI_THINKS,
				max_output: 128_000,
				traits: { efforts: ["none", ...EFFORTS], fixed_sampling: "unless_effort_none" },
			},
		],
	],
	anthropic: [
		[/^claude-(?:2|v)/, { tools: false, max_output: 4096 }],
		[/^claude-3-(?:opus|sonnet|haiku)/, { input: ["text", "image"], max_output: 4096 }],
		[/^claude-3-5/, { input: ["text", "image", "pdf"], max_output: 8192 }],
		[
			/^claude-3-7/,
			{ input: ["text", "image", "pdf"], reasoning: true, max_output: 64_000, traits: { thinking: "budget" } },
		],
		[
			/^claude-opus-4-[01]$/,
			{ input: ["text", "image", "pdf"], reasoning: true, max_output: 32_000, traits: { thinking: "budget" } },
		],
		[
			/^claude-sonnet-4-0/,
			{ input: ["text", "image", "pdf"], reasoning: true, max_output: 64_000, traits: { thinking: "budget" } },
		],
		[
			/^claude-(?:sonnet|opus)-4-[56]/,
			{ ...WHOLE, reasoning: true, max_output: 64_000, traits: { thinking: "budget" } },
		],
		[
			/^claude-opus-4-[78]/,
			{
				...WHOLE,
				reasoning: true,
				max_output: 128_000,
				traits: { thinking: "adaptive", fixed_sampling: "always", efforts: [...EFFORTS, "max"] },
			},
		],
		[
			/^claude-fable-5$/,
			{
				...WHOLE,
				reasoning: true,
				max_output: 128_000,
				traits: { thinking: "adaptive", fixed_sampling: "always", efforts: [...EFFORTS, "max"] },
			},
		],
	],
	gemini: [
		[/-image/, { input: ["text", "image"], output: ["text", "image"], tools: false }],
		[/omni/, SUPPOSED],
		[/^gemini-(?:1\.0-)?pro(?:-vision)?$/, { tools: true, max_output: 2048 }],
		[/1\.5|^gemini-2\.0/, { ...GEMINI, max_output: 8192 }],
		[
			/^gemini-2\.5/,
			{
				...GEMINI,
				reasoning: true,
				max_output: 65_536,
				traits: { thinking: "budget", efforts: ["minimal", ...EFFORTS] },
			},
		],
		[/^gemini-3/, { ...GEMINI, reasoning: true, max_output: 65_536, traits: { thinking: "level", efforts: EFFORTS } }],
	],
	"workers-ai": [
		[/vision-instruct/, { ...CLASSIC, input: ["text", "image"] }],
		[
			/^@cf\/(?:meta\/|mistral\/|aisingapore\/|deepseek-ai\/deepseek-r1|qwen\/(?:qwen2\.5|qwq)|google\/gemma-3)/,
			CLASSIC,
		],
	],
};

/** What is known of a vendor's model by its name, in lower case and without a date. */
export function productLine(vendor: string, name: string): WrittenModel {
	const lines = Object.hasOwn(LINES, vendor) ? LINES[vendor] : undefined;
	return lines?.find(([pattern]) => pattern.test(name))?.[1] ?? SUPPOSED;
}
