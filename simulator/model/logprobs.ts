// Log probabilities of a simulated text.
import { tokens } from "./tokens";

const encoder = new TextEncoder();

type Entry = {
	token: string;
	logprob: number;
	bytes: number[];
};

/** OpenAI's log probabilities of a text: one entry per token, each with `top` alternatives. */
export function logprobsOf(text: string, top: number): (Entry & { top_logprobs: Entry[] })[] {
	return tokens(text).map((token, at) => ({
		...entry(token, -(at % 7) / 100),
		top_logprobs: Array.from({ length: top }, (_, rank) =>
			entry(rank === 0 ? token : `${token}${rank}`, -(at % 7) / 100 - rank),
		),
	}));
}

function entry(token: string, logprob: number): Entry {
	return { token, logprob, bytes: [...encoder.encode(token)] };
}
