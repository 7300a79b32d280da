/** How long sound is, in milliseconds. */
export interface AudioLength {
	/** As a player would show it. */
	readonly ms: number;
	/** No decoder makes more of it. */
	readonly mostMs: number;
}
