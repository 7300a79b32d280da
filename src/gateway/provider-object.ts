import type { ProviderName } from "../core/ids";
import type { Env } from "../env";
import { askObject } from "../store/object-call";

type ProviderStub = ReturnType<Env["PROVIDERS"]["getByName"]>;

/** Calls a provider's object, under the rules of `askObject`. */
export function askProviderObject<T>(
	providers: Env["PROVIDERS"],
	provider: ProviderName,
	ms: number,
	ask: (stub: ProviderStub) => Promise<T>,
): Promise<T> {
	return askObject("the provider's object", ms, () => providers.getByName(provider), ask);
}
