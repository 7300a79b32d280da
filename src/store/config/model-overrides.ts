// Overrides of models as documents.
import type { WrittenModel } from "#catalog/catalog";
import { isObject } from "#lib/json";
import type { StoredDocument } from "./documents";

/** The fields that a document puts in place of a model's own; none for a removal. */
export function overrideOf({ body }: StoredDocument): WrittenModel {
	return isObject(body) ? body : {};
}
