// A model as the admin API shows it, with what an admin put in place of its fields.
import * as v from "valibot";
import type { WrittenModel } from "#catalog/catalog";
import type { ProviderName } from "#core/ids";
import { overrideOf } from "#store/config/document-kinds";
import type { StoredDocument } from "#store/config/documents";
import { instant } from "./instant";
import { AnyObject, Instant } from "./shown";

const Perhaps = { number: v.exactOptional(v.number()), flag: v.exactOptional(v.boolean()) };
const Words = v.exactOptional(v.array(v.string()));

/**
 * A model's fields as they are written: those that its author left out are missing. Prices are in USD per million
 * tokens.
 */
export const KnownModelView = v.object({
	aliases: Words,
	context: v.exactOptional(v.nullable(v.number())),
	max_output: v.exactOptional(v.nullable(v.number())),
	input: Words,
	output: Words,
	tools: Perhaps.flag,
	json_schema: Perhaps.flag,
	reasoning: Perhaps.flag,
	traits: v.exactOptional(AnyObject),
	prices: v.exactOptional(
		v.array(
			v.object({
				from: v.exactOptional(v.string()),
				input: v.number(),
				cache_read: Perhaps.number,
				cache_write: Perhaps.number,
				cache_write_hour: Perhaps.number,
				output: v.number(),
				audio_input: Perhaps.number,
				audio_output: Perhaps.number,
				image_input: Perhaps.number,
				image_output: Perhaps.number,
			}),
		),
	),
	rules: v.exactOptional(AnyObject),
	family: v.exactOptional(v.nullable(v.string())),
	quality: v.exactOptional(v.nullable(v.record(v.string(), v.number()))),
	regions: Words,
	supposed: Perhaps.flag,
	deprecated: Perhaps.flag,
	hidden: Perhaps.flag,
	id: v.string(),
	object: v.literal("model"),
	provider: v.string(),
	model: v.string(),
	source: v.exactOptional(v.string()),
	as_of: v.exactOptional(v.string()),
	override: AnyObject,
	version: v.number(),
	updated_at: v.nullable(Instant),
});

/** A model of any provider that is known here, whether it can serve or not. */
export interface KnownModel {
	/** As `provider/id`. */
	readonly name: string;
	readonly provider: ProviderName;
	readonly written: WrittenModel;
	/** Where a built-in model's figures come from, and of when they are. */
	readonly source: { readonly source: string; readonly as_of: string } | null;
}

/** A model as the gateway works with it, and which of its fields an admin put there. */
export function renderKnownModel({ name, provider, written, source }: KnownModel, document: StoredDocument | null) {
	const override = document === null ? {} : overrideOf(document);
	return {
		...written,
		...override,
		id: name,
		object: "model",
		provider,
		model: written.id,
		...source,
		override,
		version: document?.version ?? 0,
		updated_at: instant(document?.createdAt ?? null),
	};
}
