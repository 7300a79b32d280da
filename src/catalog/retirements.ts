// Models that their vendors have retired, or said that they will, and what to use instead.

/** A model's end at its vendor. */
export interface Retirement {
	/** When the vendor stops serving it, an ISO date; null where only that it does is known. */
	readonly on: string | null;
	/** The vendor's id of the model to use instead; null where the vendor names none. */
	readonly successor: string | null;
}

/** By vendor and name; a name with a date is under the one without. */
const RETIREMENTS: Readonly<Record<string, readonly (readonly [ids: string, on: string | null, successor: string])[]>> =
	{
		openai: [
			["gpt-4 gpt-4-turbo gpt-4-turbo-preview gpt-4-0125-preview gpt-4-1106-preview", "2026-10-23", "gpt-4.1"],
			["gpt-3.5-turbo gpt-3.5-turbo-0125 gpt-3.5-turbo-1106", "2026-10-23", "gpt-4.1-mini"],
			["gpt-3.5-turbo-0301 gpt-3.5-turbo-0613 gpt-3.5-turbo-16k gpt-3.5-turbo-16k-0613", "2024-09-13", "gpt-4.1-mini"],
			["gpt-4-32k gpt-4-32k-0314 gpt-4-32k-0613", "2025-06-06", "gpt-4.1"],
			["gpt-4-vision-preview gpt-4-1106-vision-preview", "2024-12-06", "gpt-4o"],
			["gpt-4.5-preview", "2025-07-14", "gpt-4.1"],
			["o1-preview", "2025-07-28", "o3"],
			["o1-mini", "2025-10-27", "o4-mini"],
		],
		anthropic: [
			["claude-2 claude-2.0 claude-2.1 claude-v1", "2025-07-21", "claude-sonnet-5"],
			["claude-3-sonnet", "2025-07-21", "claude-sonnet-5"],
			["claude-3-5-sonnet claude-3-5-sonnet-latest", "2025-10-28", "claude-sonnet-5"],
			["claude-3-opus claude-3-opus-latest", "2026-01-05", "claude-opus-5"],
			["claude-3-7-sonnet claude-3-7-sonnet-latest", "2026-02-19", "claude-sonnet-5"],
			["claude-3-5-haiku claude-3-5-haiku-latest", "2026-02-19", "claude-haiku-4-5"],
		],
		gemini: [
			["gemini-pro gemini-1.0-pro gemini-1.0-pro-vision", "2025-02-15", "gemini-2.5-flash"],
			["gemini-1.5-flash gemini-1.5-flash-8b gemini-flash-1.5 gemini-flash-1.5-8b", "2025-09-24", "gemini-2.5-flash"],
			["gemini-1.5-pro gemini-pro-1.5", "2025-09-24", "gemini-2.5-pro"],
		],
		"workers-ai": [
			[
				"@cf/meta/llama-2-7b-chat-fp16 @cf/meta/llama-3-8b-instruct @cf/meta/llama-3-8b-instruct-awq",
				"2026-05-30",
				"@cf/meta/llama-3.1-8b-instruct-fp8-fast",
			],
			[
				"@cf/meta/llama-3.1-8b-instruct @cf/meta/llama-3.1-8b-instruct-awq",
				"2026-05-30",
				"@cf/meta/llama-3.1-8b-instruct-fp8-fast",
			],
			["@cf/google/gemma-3-12b-it", "2026-05-30", "@cf/google/gemma-4-26b-a4b-it"],
			["@cf/mistral/mistral-7b-instruct-v0.1", "2026-05-30", "@cf/mistralai/mistral-small-3.1-24b-instruct"],
			["@cf/moonshotai/kimi-k2.5", null, "@cf/moonshotai/kimi-k2.6"],
		],
	};

/** The end of a vendor's model, from its name in lower case and without a date; null for one that is not to end. */
export function retirementOf(vendor: string, name: string): Retirement | null {
	const found = (Object.hasOwn(RETIREMENTS, vendor) ? RETIREMENTS[vendor] : [])?.find(([ids]) =>
		ids.split(" ").includes(name),
	);
	return found === undefined ? null : { on: found[1], successor: found[2] };
}
