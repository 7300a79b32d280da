/** How often a vendor may search the web for one call, and what that does to its prompt. */
export interface SearchAllowance {
	/** Uses that the vendor may bill. */
	readonly uses: number;
	/** How often it may read a prompt, which what it found fills up to the model's window. */
	readonly contexts: number;
}
