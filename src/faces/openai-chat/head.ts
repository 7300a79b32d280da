/** What is the same in every part of one answer. */
export interface CompletionHead {
	/** "chatcmpl-…" */
	readonly id: string;
	/** Seconds since the epoch. */
	readonly created: number;
	/** The model that serves, as its provider calls it. */
	readonly model: string;
}
