// What `GET /v1/models` leaves out when its query asks for some of them.
import type { Model } from "#catalog/model";
import { invalidRequest, quoted } from "#core/errors";
import type { NamedModel } from "#faces/face";
import { canonicalProvider } from "#providers/names";

/** What a model can be asked to be able to do. One of which that is not known cannot. */
const CAPABILITIES: Readonly<Record<string, (model: Model) => boolean>> = {
	tools: ({ tools }) => tools,
	json_schema: ({ jsonSchema }) => jsonSchema,
	reasoning: ({ reasoning }) => reasoning,
	vision: ({ input }) => input.includes("image"),
	image: ({ input }) => input.includes("image"),
	audio: ({ input }) => input.includes("audio"),
	video: ({ input }) => input.includes("video"),
	pdf: ({ input }) => input.includes("pdf"),
};

export const CAPABILITY_NAMES = Object.keys(CAPABILITIES);

/**
 * Which models `?provider=`, `?capability=` and `?q=` leave; null where none of them is given. A name that leaves a
 * choice stays with one of its models. Throws `GatewayError` 400 for a capability that is no word of the gateway's.
 */
export function modelFilter(query: URLSearchParams): ((named: NamedModel) => boolean) | null {
	const provider = query.get("provider");
	const text = query.get("q")?.toLowerCase() ?? null;
	const asked = query.getAll("capability").map((capability) => {
		const test = Object.hasOwn(CAPABILITIES, capability) ? CAPABILITIES[capability] : undefined;
		if (test !== undefined) return test;
		const known = Object.keys(CAPABILITIES).join(", ");
		throw invalidRequest(`there is no capability ${quoted(capability)}: ask for one of ${known}`, "capability");
	});
	if (provider === null && text === null && asked.length === 0) return null;
	const at = provider === null ? null : canonicalProvider(provider);
	const suits = (model: Model) =>
		(at === null || model.provider === at) &&
		(asked.length === 0 || (model.supposed !== true && asked.every((test) => test(model))));
	return (named) => {
		const name = "model" in named ? `${named.model.provider}/${named.model.id}` : named.name;
		if (text !== null && !name.toLowerCase().includes(text)) return false;
		return ("model" in named ? [named.model] : named.choices).some(suits);
	};
}
