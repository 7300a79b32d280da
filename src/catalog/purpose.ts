/** What a model is for, by what it gives. */
import type { Modality, Model } from "./model";

/** What only models for something else than chat give, and they give nothing beside it. */
const BESIDE_CHAT: ReadonlySet<Modality> = new Set(["embedding", "rerank", "moderation"]);

export function isForChat({ output }: Pick<Model, "output">): boolean {
	return !output.some((modality) => BESIDE_CHAT.has(modality));
}
