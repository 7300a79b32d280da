// Providers, their credentials and their tests as the admin API shows them.
import * as v from "valibot";
import { BUILT_IN_MODELS } from "#catalog/catalog";
import type { Fault } from "#core/fault";
import { PROTOCOLS, type Protocol } from "#core/protocol";
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
import { SyncSummaryView } from "./model-sync";
import { AnyObject, Dollars, Instant, type Shown } from "./shown";

export const BuiltInProviderView = v.object({
	id: v.string(),
	object: v.literal("provider"),
	name: v.string(),
	kind: v.literal("built_in"),
	status: v.picklist(["serving", "simulated", "no_credential"]),
	default_model: v.nullable(v.string()),
	models: v.array(v.object({ id: v.string() })),
});

export const AddedProviderView = v.object({
	id: v.string(),
	object: v.literal("provider"),
	name: v.string(),
	kind: v.picklist(["openai_compatible", "anthropic_compatible", "gemini_compatible"]),
	protocol: v.picklist(PROTOCOLS),
	preset: v.nullable(v.string()),
	base_url: v.string(),
	credential_header: v.nullable(v.string()),
	has_credential: v.boolean(),
	models: v.array(AnyObject),
	disabled: v.boolean(),
	created_at: Instant,
	updated_at: Instant,
});

export const ProviderView = v.variant("kind", [BuiltInProviderView, AddedProviderView]);

/** A provider that was just added, with what came of asking it for its models. */
export const NewProviderView = v.object({
	...AddedProviderView.entries,
	models_sync: v.exactOptional(v.union([SyncSummaryView, v.object({ status: v.literal("not_listed") })])),
});

export const PresetView = v.object({
	id: v.string(),
	object: v.literal("provider.preset"),
	title: v.string(),
	protocol: v.picklist(PROTOCOLS),
	base_url: v.nullable(v.string()),
	base_url_example: v.exactOptional(v.string()),
	other_base_urls: v.array(v.string()),
	credential: v.string(),
	credential_header: v.nullable(v.string()),
	quirks: v.array(v.string()),
});

export const CredentialView = v.object({
	id: v.string(),
	object: v.literal("provider.credential"),
	source: v.picklist(["admin", "provider", "environment"]),
	name: v.string(),
	last4: v.string(),
	weight: v.number(),
	status: v.picklist(["enabled", "disabled", "unreadable"]),
	created_at: v.exactOptional(Instant),
	updated_at: v.exactOptional(Instant),
});

export const TestView = v.object({
	id: v.string(),
	object: v.literal("provider.test"),
	provider: v.string(),
	model: v.string(),
	credential: v.string(),
	status: v.picklist(["unknown", "ok", "failed"]),
	fault: v.nullable(v.string()),
	cost_usd: v.nullable(Dollars),
	estimated: v.boolean(),
	at: Instant,
});

const TestResultView = v.object({
	latency_ms: v.number(),
	ttft_ms: v.nullable(v.number()),
	usage: v.nullable(AnyObject),
	failure: v.nullable(
		v.object({
			kind: v.string(),
			upstream_status: v.nullable(v.number()),
			message: v.string(),
			code: v.nullable(v.string()),
			retry_after_ms: v.nullable(v.number()),
			upstream_request_id: v.nullable(v.string()),
		}),
	),
});

export const MadeTestView = v.object({ ...TestView.entries, simulated: v.boolean(), ...TestResultView.entries });

/** A built-in provider with what the environment and the credentials that were added make of it. */
export function renderBuiltInProvider(
	name: BuiltInProvider,
	{ byName }: ServingProviders,
): Shown<typeof BuiltInProviderView> {
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

const KINDS: Readonly<Record<Protocol, Shown<typeof AddedProviderView>["kind"]>> = {
	"openai-chat": "openai_compatible",
	"openai-responses": "openai_compatible",
	anthropic: "anthropic_compatible",
	gemini: "gemini_compatible",
};

/** An added provider as the admin API shows it: of its credential, only that there is one. */
export function renderProvider(provider: StoredProvider): Shown<typeof AddedProviderView> {
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
export function renderPreset(name: PresetName): Shown<typeof PresetView> {
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
): Shown<typeof CredentialView> {
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
export function renderOwnCredential(
	source: "provider" | "environment",
	secret: string | undefined,
): Shown<typeof CredentialView> {
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
export function renderTest(test: StoredTest): Shown<typeof TestView> {
	const { id, provider, model, credential, at, endedAt, fault, cost, estimated } = test;
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
export function renderTestResult({ latencyMs, ttftMs, fault, usage, cost }: TestResult): Shown<typeof TestResultView> {
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
