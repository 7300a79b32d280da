/** How the caller wants the answer written. */
export interface ChatStyle {
	/** A chunk with the usage before the end of the stream. */
	readonly includeUsage: boolean;
	/** Calls as `function_call`, because the request used `functions`. */
	readonly functionCall: boolean;
	/** Calls of free-form tools as those of functions, because the request declared them in the shape of Responses. */
	readonly customAsFunction?: true;
}
