/** OpenRouter's `provider` object. Its limits bind: a field that cannot be honoured is refused, never dropped. */
import * as v from "valibot";
import { isObject } from "#lib/json";
import { TargetName, TargetNames } from "./target-name";

const DECIMAL = /^\d{1,9}(\.\d{1,9})?$/;
/** A number, or one in a string as OpenRouter's own clients write it. */
const Usd = v.union(
	[v.pipe(v.number(), v.minValue(0)), v.pipe(v.string(), v.regex(DECIMAL), v.transform(Number))],
	"must be a price in USD",
);

const PreferenceSchema = v.strictObject({
	order: v.exactOptional(TargetNames),
	only: v.exactOptional(TargetNames),
	ignore: v.exactOptional(TargetNames),
	sort: v.exactOptional(v.picklist(["price", "throughput", "latency"])),
	allow_fallbacks: v.exactOptional(v.boolean()),
	max_price: v.exactOptional(v.strictObject({ prompt: v.exactOptional(Usd), completion: v.exactOptional(Usd) })),
	regions: v.exactOptional(TargetNames),
	/** A model that cannot do what is asked is left out in any case. */
	require_parameters: v.exactOptional(v.boolean()),
	/** What a vendor keeps is known of none. */
	data_collection: v.exactOptional(v.literal("allow", 'can only be "allow": what providers keep is not known here')),
	zdr: v.exactOptional(v.literal(false, "can only be false: what providers keep is not known here")),
});

const ProviderName = v.pipe(
	v.string("must be a provider's name or an object with OpenRouter's preferences"),
	TargetName,
);

/** A provider's name or preferences; chosen by what was sent, so that an error names the field and not the whole. */
export const ProviderSchema = v.lazy<typeof ProviderName | typeof PreferenceSchema>((input) =>
	isObject(input) ? PreferenceSchema : ProviderName,
);
