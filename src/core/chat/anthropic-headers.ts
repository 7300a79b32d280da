/** What of a Messages request stands in its headers. Only providers that speak Messages are told of it. */
export interface AnthropicHeaders {
	/** `anthropic-version`, as it came. */
	readonly version?: string;
	/** `anthropic-beta`, as it came: names with commas between. */
	readonly betas?: string;
}
