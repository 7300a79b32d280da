// What the gateway does where neither the request nor its team says it.
import type { Price } from "#catalog/model";
import type { TeamId } from "#core/ids";
import { AUTO } from "#router/models/resolve-model";
import { GATEWAY_DEFAULTS, type StoredDefaults } from "#store/config/document-kinds";

/** What holds for the requests of one team. */
export interface TeamDefaults {
	/** What serves a request that names neither a model nor a provider. */
	readonly model: string;
	/** The price to hold and charge at a provider for a model without one; null to refuse it where a budget binds. */
	ceiling(provider: string): Price | null;
}

/** A team's own defaults before the gateway's, and these before those that the gateway comes with. */
export function defaultsFor(stored: ReadonlyMap<string, StoredDefaults>, team: TeamId): TeamDefaults {
	const gateway = stored.get(GATEWAY_DEFAULTS) ?? {};
	const { model, unpriced } = { ...gateway, ...stored.get(team) };
	const ceilings = unpriced === "ceiling" ? (gateway.ceilings ?? {}) : {};
	return {
		model: model ?? AUTO,
		ceiling(provider) {
			const { input, output } = (Object.hasOwn(ceilings, provider) ? ceilings[provider] : undefined) ?? {};
			if (input === undefined || output === undefined) return null;
			// Whatever the vendor calls a token of a prompt, read from a cache or written to one.
			return { input, cacheRead: input, cacheWrite: input, cacheWriteHour: input, output };
		},
	};
}
