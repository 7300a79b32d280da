import type { Json } from "../src/core/json";
import { tokens } from "./tokens";

const encoder = new TextEncoder();

/** OpenAI's log probabilities of a text: one entry per token, each with `top` alternatives. */
export function logprobsOf(text: string, top: number): Json[] {
	return tokens(text).map((token, at) => ({
		...entry(token, -(at % 7) / 100),
		top_logprobs: Array.from({ length: top }, (_, rank) =>
			entry(rank === 0 ? token : `${token}${rank}`, -(at % 7) / 100 - rank),
		),
	}));
}

function entry(token: string, logprob: number): { token: string; logprob: number; bytes: number[] } {
	return { token, logprob, bytes: [...encoder.encode(token)] };
}
