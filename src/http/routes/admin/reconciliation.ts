// Admin routes of reconciliation and of vendors' cost exports.

import * as v from "valibot";
import { invalidRequest } from "#core/errors";
import { newId } from "#core/ids";
import type { AdminCall, Route } from "#http/call";
import { readJson, readText } from "#http/request/json-body";
import { listResponse, PageQuery, pageFields, pageOf } from "#http/request/page";
import { decodeQuery } from "#http/request/query";
import { DateTime } from "#http/request/time-fields";
import {
	ComparisonView,
	ImportView,
	ReconciliationView,
	renderComparison,
	renderImport,
	renderReconciliation,
} from "#http/views/reconciliation";
import { pageView } from "#http/views/shown";
import { compareCosts } from "#metering/cost-comparison";
import { readCsvExport, readJsonExport } from "#metering/cost-export";
import { EXPORT_FORMATS, type ExportFormat } from "#metering/daily-cost";
import { canonicalProvider } from "#providers/names";
import { type CostImport, costsBeside, findImport, listImports, recordImport } from "#store/usage/cost-imports";
import { listReconciliations } from "#store/usage/reconciliations";
import { authorOf } from "./author";
import { adminRoute, missing } from "./handler";

const Filter = v.strictObject({
	...pageFields,
	object: v.optional(v.string()),
	differs: v.optional(v.picklist(["true", "false"], "must be true or false")),
	from: v.optional(DateTime),
	to: v.optional(DateTime),
});

const Import = v.strictObject({
	provider: v.pipe(v.string(), v.minLength(1, "must not be empty")),
	format: v.optional(v.picklist(EXPORT_FORMATS, `must be one of ${EXPORT_FORMATS.join(", ")}`)),
});
/** As the vendor wrote it; its format decides what is read of it. */
const CostExport = v.looseObject({});

export const reconciliationRoutes: Route[] = [
	adminRoute("GET", "/admin/reconciliation", "gateway.read", list, {
		summary: "List what the books were found to be, newest first",
		query: Filter,
		answer: pageView(ReconciliationView),
	}),
	adminRoute("POST", "/admin/reconciliation/imports", "gateway.change", importCosts, {
		summary: "Compare a provider's own cost export with what was recorded",
		query: Import,
		body: CostExport,
		accepts: ["text/csv"],
		example: { data: [{ day: "2026-11-01", model: "gpt-6-luna", cost_usd: "1.25" }] },
		answer: ComparisonView,
		status: 201,
	}),
	adminRoute("GET", "/admin/reconciliation/imports", "gateway.read", imports, {
		summary: "List cost exports that were brought in, newest first",
		query: PageQuery,
		answer: pageView(ImportView),
	}),
	adminRoute("GET", "/admin/reconciliation/imports/:id", "gateway.read", showImport, {
		summary: "Compare a cost export anew",
		answer: ComparisonView,
		errors: ["import_not_found"],
	}),
];

async function list({ env, url }: AdminCall): Promise<Response> {
	const { object = null, differs, from = null, to = null } = decodeQuery(Filter, url);
	const filter = { object, differs: differs === undefined ? null : differs === "true", from, to };
	const { found, more } = await listReconciliations(env.DB, filter, pageOf(url));
	return listResponse(found.map(renderReconciliation), more);
}

async function importCosts(call: AdminCall): Promise<Response> {
	const { env, request, url, receivedAt } = call;
	const wanted = decodeQuery(Import, url);
	const provider = canonicalProvider(wanted.provider);
	const format = wanted.format ?? usualFormat(provider);
	const isCsv = /\bcsv\b/.test(request.headers.get("content-type") ?? "");
	const costs = isCsv
		? readCsvExport(format, await readText(request))
		: readJsonExport(format, await readJson(request));
	if (costs.length === 0) throw invalidRequest("the export has no costs in it");
	const made = { id: newId("imp", receivedAt, crypto.randomUUID()), provider, format, at: receivedAt };
	await recordImport(env.DB, made, costs, authorOf(call));
	return Response.json(await compared(call, made), { status: 201 });
}

function usualFormat(provider: string): ExportFormat {
	return provider === "openai" || provider === "openrouter" ? provider : "plain";
}

async function imports({ env, url }: AdminCall): Promise<Response> {
	const { after, limit } = pageOf(url);
	const found = await listImports(env.DB, after, limit);
	return listResponse(found.imports.map(renderImport), found.more);
}

async function showImport(call: AdminCall): Promise<Response> {
	const id = call.params.id ?? "";
	const found = await findImport(call.env.DB, id);
	if (found === null) throw missing("import", id);
	return Response.json(await compared(call, found));
}

/** The import beside what was recorded; what was recorded later is in it, too. */
async function compared({ env }: AdminCall, one: CostImport) {
	const { exported, recorded } = await costsBeside(env.DB, one);
	return renderComparison(one, compareCosts(exported, recorded));
}
