// Checks that an alias hides nothing and that its targets exist.
import { BUILT_IN_MODELS } from "#catalog/catalog";
import { GatewayError, invalidRequest } from "#core/errors";
import type { Alias } from "#core/routing/alias";
import { BUILT_IN_PROVIDERS, PROVIDER_ALIASES } from "#providers/names";
import { notFound } from "#router/errors";
import type { Directory } from "#router/models/directory";
import { knownModels } from "#router/models/named-models";
import { AUTO } from "#router/models/resolve-model";

/** Names that mean something whatever is configured here. */
const BUILT_IN_NAMES: ReadonlySet<string> = new Set([
	AUTO,
	...BUILT_IN_PROVIDERS,
	...PROVIDER_ALIASES.keys(),
	...BUILT_IN_MODELS.flatMap(({ id, aliases }) => [id, ...aliases].map((name) => name.toLowerCase())),
]);

/** Throws `GatewayError` 409 for an alias's name that already means a model, a provider or the gateway's own choice. */
export function refuseShadowing(name: string, { byName, providers, unavailable }: Directory): void {
	if (BUILT_IN_NAMES.has(name) || byName.has(name) || providers.has(name) || unavailable.has(name)) {
		throw GatewayError.of("name_taken", `\`${name}\` already means a model or a provider; choose another name`, {
			param: "name",
		});
	}
}

/** Throws `GatewayError` 400 naming the first target that no provider here serves. An alias is no target of another. */
export function checkTargets({ targets, downgrade }: Pick<Alias, "targets" | "downgrade">, directory: Directory): void {
	targets.forEach(({ model }, index) => {
		checkTarget(model, `models[${index}]`, directory);
	});
	if (downgrade !== null) checkTarget(downgrade.model, "downgrade.model", directory);
}

function checkTarget(model: string, param: string, directory: Directory): void {
	const name = model.toLowerCase();
	if (name === AUTO || directory.aliases.has(name)) {
		throw invalidRequest(`\`${param}\` must be a model, not the alias \`${model}\``, param);
	}
	if (knownModels(model, directory).length === 0) {
		throw notFound(model, directory, {}).with({ status: 400, param, shouldRetry: undefined });
	}
}
