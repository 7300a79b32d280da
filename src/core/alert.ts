// Alert rules and incidents, as types.
import type { KeyId, TeamId } from "./ids";

/** Over what a share or a sum is taken: all requests together, or each of these apart. */
export const ALERT_SCOPES = ["gateway", "team", "key", "provider"] as const;
export type AlertScope = (typeof ALERT_SCOPES)[number];

/** What an admin wants to be alerted to. */
export type AlertCondition =
	/** A budget's window is used to one of these percentages. Narrowed to one team and its keys, or to one key. */
	| {
			readonly type: "budget";
			readonly thresholds: readonly number[];
			readonly teamId: TeamId | null;
			readonly keyId: KeyId | null;
	  }
	| { readonly type: "circuit_opened"; readonly provider: string | null }
	/** At least this percentage of an hour's requests failed on the gateway's or a provider's side. */
	| {
			readonly type: "error_share";
			readonly percent: number;
			readonly minRequests: number;
			readonly by: AlertScope;
	  }
	/**
	 * An hour cost more than `factor` times the average hour of the seven days before, and at least `minCost`
	 * nano-dollars.
	 */
	| { readonly type: "spend_jump"; readonly factor: number; readonly minCost: number; readonly by: AlertScope }
	/** The ledger of an object and the database differ, or a provider reported usage that cannot be true. */
	| { readonly type: "reconciliation" }
	/** Tokens were used of a model whose price is not known. */
	| { readonly type: "unpriced" }
	/** The database does not take what an object owes: at least `records` wait, or one has waited for `minutes`. */
	| { readonly type: "backlog"; readonly records: number; readonly minutes: number };

/** The format that a destination takes: Standard Webhooks, or the message format of a chat. */
export const ALERT_SHAPES = ["webhook", "slack", "feishu"] as const;
export type AlertShape = (typeof ALERT_SHAPES)[number];

/** Something that a rule watches for, as the alert reports it. */
export interface Incident {
	/** The same for what is seen again; unique within its rule. */
	readonly id: string;
	readonly type: AlertCondition["type"] | "test";
	/** When it was seen, in milliseconds since the epoch. */
	readonly at: number;
	/** One sentence for people. */
	readonly summary: string;
	/** The figures behind it. Amounts are decimal strings in USD. */
	readonly facts: Readonly<Record<string, string | number | null>>;
}
