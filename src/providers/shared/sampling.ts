// Whether a model refuses sampling parameters.
import type { Model } from "#catalog/model";
import type { ChatRequest } from "#core/chat/chat";

/** Whether the model refuses to have its sampling set for this request. */
export function hasFixedSampling(
	request: Pick<ChatRequest, "reasoning_effort">,
	model: Pick<Model, "traits">,
): boolean {
	const rule = model.traits.fixed_sampling;
	return rule === "always" || (rule === "unless_effort_none" && request.reasoning_effort !== "none");
}
