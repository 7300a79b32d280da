// Names that a new user tries first, none of which is an id of the catalog's, with the provider that serves each.
export const FIRST_NAMES = [
	["claude-sonnet-4-5", "anthropic"],
	["gpt-4-turbo", "openai"],
	["openrouter/anthropic/claude-sonnet-4.5", "openrouter"],
	["deepseek/deepseek-chat", "deepseek"],
	["gpt-4o-mini-2024-07-18", "openai"],
	["@cf/meta/llama-2-7b-chat-fp16", "workers-ai"],
] as const;
