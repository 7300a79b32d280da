// What a provider may speak, by name.

/** The wire protocols that an added provider may speak, under the names that admins and stored rows give them. */
export const PROTOCOLS = ["openai-chat", "openai-responses", "anthropic", "gemini"] as const;

export type Protocol = (typeof PROTOCOLS)[number];
