/** What a provider says that a model cost on one day. */
export interface DailyCost {
	/** Start of the day in UTC, in milliseconds since the epoch. */
	readonly day: number;
	/** As the provider names it; empty when it tells no models apart. */
	readonly model: string;
	/** Nano-dollars. */
	readonly cost: number;
}

/** `plain` is the gateway's own, for all others. */
export const EXPORT_FORMATS = ["openai", "openrouter", "plain"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];
