// Finds the reasoning effort that a model takes.
import type { Model } from "#catalog/model";
import type { ChatRequest, Effort } from "#core/chat/chat";
import { unsupportedParameter } from "#core/errors";

/** From no reasoning to the most. */
const LADDER: readonly Effort[] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/**
 * The effort to ask `model` for: the one wanted, else the nearest that it takes, the stronger of two equally near.
 * Undefined when the caller wants none in particular or the model does not reason; an effort that is lost is named in
 * `dropped`. Throws `GatewayError` when reasoning must be off and cannot be.
 */
export function effortFor(
	request: Pick<ChatRequest, "reasoning_effort">,
	model: Pick<Model, "provider" | "id" | "reasoning" | "traits">,
	dropped: string[],
): Effort | undefined {
	const wanted = request.reasoning_effort;
	if (wanted === undefined) return undefined;
	const supported = model.traits.efforts;
	if (supported === undefined) {
		if (model.reasoning) return wanted;
		if (wanted !== "none") dropped.push("reasoning_effort");
		return undefined;
	}
	if (supported.includes(wanted)) return wanted;
	if (wanted === "none") {
		throw unsupportedParameter(
			"reasoning_effort",
			`${model.provider}/${model.id} cannot turn reasoning off; it takes ${supported.join(", ")}`,
		);
	}
	const rung = LADDER.indexOf(wanted);
	let nearest: Effort | undefined;
	let distance = Number.POSITIVE_INFINITY;
	for (const effort of LADDER) {
		if (effort === "none" || !supported.includes(effort)) continue;
		const away = Math.abs(LADDER.indexOf(effort) - rung);
		if (away > distance) continue;
		nearest = effort;
		distance = away;
	}
	if (nearest === undefined) dropped.push("reasoning_effort");
	return nearest;
}
