/** Which figures count when a provider reports the usage of one answer several times. */
import { promptTokens, type Usage } from "./usage";

/**
 * The last figures count, because they are of all until then. But of those that are far lower than earlier ones of the
 * same answer the earlier ones stand, of the prompt and of the output each by itself: a last word of "1" would undo
 * what was billed. Nor are searches taken back that were told of.
 */
export class ReportedFigures {
	#usage: Usage | null = null;
	/** Those with the longest prompt and the longest output so far. */
	#longest: { readonly prompt: Usage; readonly output: Usage } | null = null;

	#searches = 0;

	/** Null until any were reported; marked estimated where earlier ones stand. */
	get usage(): Usage | null {
		return this.#usage;
	}

	/** Takes figures in. Returns whether they count all output until now. */
	report(reported: Usage): boolean {
		const before = this.#longest ?? { prompt: reported, output: reported };
		const isPromptFarLower = isFarLower(promptTokens(reported), promptTokens(before.prompt));
		const isOutputFarLower = isFarLower(reported.output, before.output.output);
		const counted =
			isPromptFarLower || isOutputFarLower
				? joined(isPromptFarLower ? before.prompt : reported, isOutputFarLower ? before.output : reported)
				: reported;
		this.#usage = this.#searched(counted, reported.webSearches);
		this.#longest = {
			prompt: promptTokens(reported) >= promptTokens(before.prompt) ? reported : before.prompt,
			output: reported.output >= before.output.output ? reported : before.output,
		};
		return !isOutputFarLower;
	}

	/** With the searches of the last word, no fewer than were told of before; without any where it tells of none. */
	#searched(counted: Usage, told: number | undefined): Usage {
		if (told === undefined && counted.webSearches === undefined) return counted;
		const { webSearches: _, ...tokens } = counted;
		if (told === undefined) return tokens;
		if (told < this.#searches) return { ...tokens, webSearches: this.#searches, source: "estimated" };
		this.#searches = told;
		return { ...tokens, webSearches: told };
	}
}

/** Less than half: vendors do correct what they estimated on the way. */
function isFarLower(tokens: number, before: number): boolean {
	return tokens * 2 < before;
}

function joined(prompt: Usage, output: Usage): Usage {
	return {
		...prompt,
		output: output.output,
		reasoning: output.reasoning,
		audioOutput: output.audioOutput,
		imageOutput: output.imageOutput,
		source: "estimated",
	};
}
