// A model under its credentials, with health and expected cost.
import type { Model } from "#catalog/model";
import type { CredentialAccess } from "#router/ranking/credential-order";
import type { ExpectedCost } from "#router/ranking/expected-cost";

/** A target that can do what a request asks, with what is known of it. */
export interface EvaluatedTarget {
	readonly model: Model;
	/** As `provider/model`. */
	readonly target: string;
	/** Its part of the traffic under `weighted`, relative to the others. */
	readonly weight: number;
	/** Which of the request's names it came from. */
	readonly rank: number;
	readonly access: CredentialAccess;
	/** Further credentials, in the order in which to try them. */
	readonly others: readonly CredentialAccess[];
	readonly expectation: ExpectedCost;
}
