import type { Model } from "#catalog/model";
import type { Access } from "#router/ranking/credential-order";
import type { Expectation } from "#router/ranking/expected-cost";

/** A target that can do what a request asks, with what is known of it. */
export interface Prospect {
	readonly model: Model;
	/** As `provider/model`. */
	readonly target: string;
	/** Its part of the traffic under `weighted`, relative to the others. */
	readonly weight: number;
	/** Which of the request's names it came from. */
	readonly rank: number;
	readonly access: Access;
	/** Further credentials, in the order in which they shall be tried. */
	readonly others: readonly Access[];
	readonly expectation: Expectation;
}
