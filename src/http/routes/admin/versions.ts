// Lists the versions of a document and finds the one to roll back to.
import * as v from "valibot";
import { GatewayError, invalidRequest } from "#core/errors";
import type { AdminCall } from "#http/call";
import { readJson } from "#http/request/json-body";
import { listResponse, pageOf } from "#http/request/page";
import { decodeBody } from "#http/routes/admin/fields/body";
import { renderVersion } from "#http/views/document";
import { type DocumentKind, findVersion, listVersions, type StoredDocument } from "#store/config/documents";
import { missing } from "./handler";

/** Which version to put back. */
export const Rollback = v.strictObject({
	version: v.pipe(v.number(), v.integer("must be a whole number"), v.minValue(1, "must be at least 1")),
});

/** Every version of a document, newest first, with what `render` shows of its body; also when it is removed by now. */
export async function versionsResponse(
	{ env, url }: AdminCall,
	kind: DocumentKind,
	name: string,
	render: (document: StoredDocument) => object,
): Promise<Response> {
	const { after, limit } = pageOf(url);
	if (after !== null && !/^\d{1,15}$/.test(after)) {
		throw invalidRequest("`after` must be the number of a version", "after");
	}
	const before = after === null ? null : Number(after);
	const { versions, more } = await listVersions(env.DB, kind, name, { before, limit });
	return listResponse(
		versions.map((document) => renderVersion(kind, document, document.body === null ? {} : render(document))),
		more,
	);
}

/** The version that a rollback names. Throws `GatewayError`: 404 when there is none, 400 when it is a removal. */
export async function wantedVersion(
	{ request, env }: AdminCall,
	kind: DocumentKind,
	name: string,
): Promise<StoredDocument> {
	const { version } = decodeBody(Rollback, await readJson(request));
	const document = await findVersion(env.DB, kind, name, version);
	if (document === null) throw missing("version", String(version));
	if (document.body === null) {
		throw invalidRequest(`version ${version} is a removal; use DELETE to remove it again`, "version");
	}
	return document;
}

/** 409: a later release wrote it, and this one must not guess. */
export function unreadable({ version }: StoredDocument): never {
	throw GatewayError.of(
		"version_unreadable",
		`version ${version} is written in a form that this release does not know`,
	);
}
