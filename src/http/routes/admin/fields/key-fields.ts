// Decodes a key's policy.
import * as v from "valibot";
import { MAX_LIMIT_NANO_USD } from "#core/budget/budget";
import { PAYLOAD_LEVELS } from "#core/key/payload-policy";
import { type KeyPolicy, VENDOR_TOOLS } from "#core/key/policy";
import { DateTime } from "#http/request/time-fields";
import { parseIpRange } from "#lib/ip-range";
import { canonicalProvider, isBuiltIn } from "#providers/names";
import type { KeyChanges } from "#store/keys/keys";
import { Usd } from "./usd";

/** An empty list would allow nothing, which is never what its writer means. */
export const list = <Item extends v.GenericSchema<string, string>>(item: Item) =>
	v.nullable(
		v.pipe(
			v.array(item),
			v.minLength(1, "must not be empty; null takes the limit away"),
			v.maxLength(100, "must have at most 100 entries"),
		),
	);

const Pattern = v.pipe(
	v.string(),
	v.regex(/^[^\s*]*\*?$/, "must be a name, or the beginning of one followed by `*`"),
	v.minLength(1, "must not be empty"),
	v.maxLength(200, "must have at most 200 characters"),
);

/** Policies name providers by their own names, so that one check suffices at each request. */
export const ProviderPattern = v.pipe(
	Pattern,
	v.transform((pattern) => (pattern.endsWith("*") ? pattern : canonicalProvider(pattern))),
);
export const ModelPattern = v.pipe(
	Pattern,
	v.transform((pattern) => {
		const slash = pattern.indexOf("/");
		const provider = canonicalProvider(pattern.slice(0, Math.max(slash, 0)));
		return isBuiltIn(provider) ? provider + pattern.slice(slash) : pattern;
	}),
);

const IpRange = v.pipe(
	v.string(),
	v.check(
		(text) => parseIpRange(text) !== null,
		"must be an IP address or a range such as 192.0.2.0/24 or 2001:db8::/32",
	),
);

const Region = v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,40}$/, "must be a tag of lower-case letters, digits and `-`"));

/** How much is kept of what requests say. */
export const Payloads = v.nullable(
	v.strictObject({
		level: v.picklist(PAYLOAD_LEVELS, `must be one of ${PAYLOAD_LEVELS.join(", ")}`),
		sample: v.optional(
			v.pipe(v.number(), v.minValue(0, "must not be negative"), v.maxValue(1, "must be at most 1")),
			1,
		),
	}),
);

/** Tools that vendors may run. An empty list allows none, as no list does. */
const VendorTools = v.nullable(
	v.pipe(
		v.array(v.picklist(VENDOR_TOOLS, `must be one of ${VENDOR_TOOLS.join(", ")}`)),
		v.transform((tools) => (tools.length === 0 ? null : VENDOR_TOOLS.filter((tool) => tools.includes(tool)))),
	),
);

/** The most that a call of a vendor's own API may be taken to cost, in nano-dollars. */
const CeilingUsd = v.pipe(
	Usd,
	v.minValue(1, "must be more than nothing"),
	v.maxValue(MAX_LIMIT_NANO_USD, "must be at most 4,000,000"),
);

/** The policy of a key as the admin API writes it. Null takes a limit away. */
export const policyFields = {
	models: v.exactOptional(list(ModelPattern)),
	providers: v.exactOptional(list(ProviderPattern)),
	regions: v.exactOptional(list(Region)),
	expires_at: v.exactOptional(v.nullable(DateTime)),
	ip_ranges: v.exactOptional(list(IpRange)),
	payloads: v.exactOptional(Payloads),
	vendor_state: v.exactOptional(v.nullable(v.boolean())),
	stored_responses: v.exactOptional(v.nullable(v.boolean())),
	vendor_tools: v.exactOptional(VendorTools),
	cache_prompts: v.exactOptional(v.nullable(v.boolean())),
	native_ceiling_usd: v.exactOptional(v.nullable(CeilingUsd)),
};

const PolicyFields = v.object(policyFields);
type PolicyBody = v.InferOutput<typeof PolicyFields>;

/** The policy fields that a body mentions, in the gateway's own form. */
export function policyChanges({
	models,
	providers,
	regions,
	expires_at,
	ip_ranges,
	payloads,
	vendor_state,
	stored_responses,
	vendor_tools,
	cache_prompts,
	native_ceiling_usd,
}: PolicyBody): KeyChanges["policy"] {
	return {
		...(models !== undefined && { models }),
		...(providers !== undefined && { providers }),
		...(regions !== undefined && { regions }),
		...(expires_at !== undefined && { expiresAt: expires_at }),
		...(ip_ranges !== undefined && { ipRanges: ip_ranges }),
		...(payloads !== undefined && { payloads }),
		...(vendor_state !== undefined && { vendorState: vendor_state === true || null }),
		...(stored_responses !== undefined && { storedResponses: stored_responses === true || null }),
		...(vendor_tools !== undefined && { vendorTools: vendor_tools }),
		...(cache_prompts !== undefined && { cachePrompts: cache_prompts === true || null }),
		...(native_ceiling_usd !== undefined && { nativeCeiling: native_ceiling_usd }),
	};
}

/** The policy of a new key. */
export function newPolicy(body: PolicyBody): KeyPolicy {
	const fields = Object.entries(policyChanges(body)).filter(([, value]) => value !== null);
	return Object.fromEntries(fields) as KeyPolicy;
}
