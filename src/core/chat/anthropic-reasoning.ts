/** Claude's thinking among the reasoning details of all vendors. */
import type { ReasoningDetail } from "./chat";

/** Names the blocks that Claude signed or encrypted, which must go back to it unchanged. */
export const ANTHROPIC_FORMAT = "anthropic-claude-v1";

export function thinkingDetail(text: string, signature: string): ReasoningDetail {
	return { type: "reasoning.text", format: ANTHROPIC_FORMAT, text, signature };
}

export function redactedDetail(data: string): ReasoningDetail {
	return { type: "reasoning.encrypted", format: ANTHROPIC_FORMAT, data };
}
