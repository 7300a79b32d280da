// What a video costs: by the second and the size, or as a whole.
import type { Model } from "./model";

/** The shorter side of a size such as "1280x720", as prices name it: "720p". */
function classOf(size: string): string {
	const [width = 0, height = 0] = size.split("x").map(Number);
	return `${Math.min(width, height)}p`;
}

/**
 * What a video of that length in seconds and that size costs, in nano-dollars; null where the model has no price for
 * it.
 */
export function videoFee({ rules }: Pick<Model, "rules">, seconds: number, size: string): number | null {
	const { whole, second } = rules.videoFees ?? {};
	if (whole !== undefined) return whole;
	const perSecond = second?.[classOf(size)];
	return perSecond === undefined ? null : perSecond * seconds;
}
