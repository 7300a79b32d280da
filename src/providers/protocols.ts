// The adapter of each protocol that an added provider may speak.
import type { Protocol } from "#core/protocol";
import { anthropic } from "#providers/anthropic/index";
import { gemini } from "#providers/gemini/index";
import { openaiCompatible } from "#providers/openai-chat/index";
import { openaiResponses } from "#providers/openai-responses/index";
import { PRESET_ADAPTERS } from "#providers/presets/adapters";
import { isPreset } from "#providers/presets/presets";
import type { ProviderAdapter } from "./adapter";

const ADAPTERS: Readonly<Record<Protocol, ProviderAdapter>> = {
	"openai-chat": openaiCompatible,
	"openai-responses": openaiResponses,
	anthropic,
	gemini,
};

/**
 * The adapter of an added provider. A preset's quirks hold for the protocol that it was made for; one that this release
 * does not know is taken for its protocol alone.
 */
export function adapterOf(protocol: Protocol, preset: string | null): ProviderAdapter {
	return preset !== null && protocol === "openai-chat" && isPreset(preset)
		? PRESET_ADAPTERS[preset]
		: ADAPTERS[protocol];
}
