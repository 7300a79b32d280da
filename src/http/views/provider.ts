// Providers, their credentials and their tests as the admin API shows them.
import { BUILT_IN_MODELS } from "#catalog/catalog";
import type { Fault } from "#core/fault";
import type { Protocol } from "#core/protocol";
import { renderUsage } from "#faces/openai-chat/usage";
import type { TestResult } from "#gateway/control/provider-test";
import type { ServingProviders } from "#gateway/routing/serving-providers";
import { lastFour } from "#http/auth/key-format";
import { nanoUsd, usdString } from "#metering/money";
import { BUILT_IN_TABLE, type BuiltInProvider } from "#providers/built-in-providers";
import { type PresetName, presetOf } from "#providers/presets/presets";
import { ONLY_CREDENTIAL } from "#providers/provider";
import type { StoredCredential } from "#store/config/provider-credentials";
import type { StoredTest } from "#store/config/provider-tests";
import type { StoredProvider } from "#store/config/providers";
import { instant } from "./instant";

/** A built-in provider with what the environment and the credentials that were added make of it. */
export function renderBuiltInProvider(name: BuiltInProvider, { byName }: ServingProviders) {
	const provider = byName.get(name);
	return {
		id: name,
		object: "provider",
		name,
		kind: "built_in",
		status: provider === undefined ? "no_credential" : provider.simulated ? "simulated" : "serving",
		default_model: BUILT_IN_TABLE[name].defaultModel,
		models: BUILT_IN_MODELS.filter((model) => model.provider === (name as string)).map(({ id }) => ({ id })),
	};
}

const KINDS: Readonly<Record<Protocol, string>> = {
	"openai-chat": "openai_compatible",
	"openai-responses": "openai_compatible",
	anthropic: "anthropic_compatible",
	gemini: "gemini_compatible",
};

/** An added provider as the admin API shows it: of its credential, only that there is one. */
export function renderProvider(provider: StoredProvider) {
	return {
		id: provider.name,
		object: "provider",
		name: provider.name,
		kind: KINDS[provider.protocol],
		protocol: provider.protocol,
		preset: provider.preset,
		base_url: provider.baseUrl,
		credential_header: provider.credentialHeader,
		has_credential: provider.credential !== null,
		models: provider.writtenModels,
		disabled: provider.disabled,
		created_at: instant(provider.createdAt),
		updated_at: instant(provider.updatedAt),
	};
}

/** What an admin may name in place of an address and a protocol. */
export function renderPreset(name: PresetName) {
	const { title, baseUrl, example, otherUrls = [], credential, credentialHeader, quirks } = presetOf(name);
	return {
		id: name,
		object: "provider.preset",
		title,
		protocol: "openai-chat",
		base_url: baseUrl,
		...(example !== undefined && { base_url_example: example }),
		other_base_urls: otherUrls,
		credential,
		credential_header: credentialHeader ?? null,
		quirks,
	};
}

/** A credential as the admin API shows it: of its secret, only its end. */
export function renderCredential(
	{ id, name, last4, weight, disabled, createdAt, updatedAt }: StoredCredential,
	readable: boolean,
) {
	return {
		id,
		object: "provider.credential",
		source: "admin",
		name,
		last4,
		weight,
		status: disabled ? "disabled" : readable ? "enabled" : "unreadable",
		created_at: instant(createdAt),
		updated_at: instant(updatedAt),
	};
}

/** The credential that is set elsewhere; `secret` is undefined when it does not open. */
export function renderOwnCredential(source: "provider" | "environment", secret: string | undefined) {
	return {
		id: ONLY_CREDENTIAL,
		object: "provider.credential",
		source,
		name: ONLY_CREDENTIAL,
		last4: lastFour(secret ?? ""),
		weight: 1,
		status: secret === undefined ? "unreadable" : "enabled",
	};
}

/** A test call as it is on record. */
export function renderTest({ id, provider, model, credential, at, endedAt, fault, cost, estimated }: StoredTest) {
	return {
		id,
		object: "provider.test",
		provider,
		model,
		credential,
		status: endedAt === null ? "unknown" : fault === null ? "ok" : "failed",
		fault,
		cost_usd: cost === null ? null : usdString(nanoUsd(cost)),
		estimated,
		at: instant(at),
	};
}

/** What a test call has brought, as only the admin who made it is told. */
export function renderTestResult({ latencyMs, ttftMs, fault, usage, cost }: TestResult) {
	return {
		latency_ms: latencyMs,
		ttft_ms: ttftMs,
		usage: usage && renderUsage(usage, cost),
		failure: fault && renderFault(fault),
	};
}

/** What the upstream said, for the admin who has to mend it. */
function renderFault({ kind, status, message, code, retryAfterMs, upstreamRequestId }: Fault) {
	return {
		kind,
		upstream_status: status,
		message,
		code: code ?? null,
		retry_after_ms: retryAfterMs ?? null,
		upstream_request_id: upstreamRequestId ?? null,
	};
}
