/** What a model is for, by what it gives. */
import type { Model } from "./model";

/** What embeds, ranks, moderates or only draws says nothing. */
export function isForChat({ output }: Pick<Model, "output">): boolean {
	return output.includes("text");
}
