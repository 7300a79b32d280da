// Says in Anthropic's words why an answer stopped.
import type { FinishReason } from "#core/chat/chat";

const REASONS: Readonly<Record<FinishReason, string>> = {
	stop: "end_turn",
	length: "max_tokens",
	tool_calls: "tool_use",
	content_filter: "refusal",
};

/** Anthropic's own reasons that say more than the common ones, by what they are to everyone else. */
const FINER: ReadonlyMap<string, FinishReason> = new Map([
	["stop_sequence", "stop"],
	["pause_turn", "stop"],
	["model_context_window_exceeded", "length"],
]);

/** Why a choice finished, and the stop sequence, where it can be told which of `stops` it was. */
export function stopOf(
	finish: { finish_reason: FinishReason; native_finish_reason?: string },
	stops: readonly string[],
): { stop_reason: string; stop_sequence: string | null } {
	const native = finish.native_finish_reason ?? "";
	const reason = FINER.get(native) === finish.finish_reason ? native : REASONS[finish.finish_reason];
	const [only, ...others] = stops;
	const isTold = reason === "stop_sequence" && only !== undefined && others.length === 0;
	return { stop_reason: reason, stop_sequence: isTold ? only : null };
}
