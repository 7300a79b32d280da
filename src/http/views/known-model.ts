// A model as the admin API shows it, with what an admin put in place of its fields.
import type { WrittenModel } from "#catalog/catalog";
import type { ProviderName } from "#core/ids";
import { overrideOf } from "#store/config/document-kinds";
import type { StoredDocument } from "#store/config/documents";
import { instant } from "./instant";

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
