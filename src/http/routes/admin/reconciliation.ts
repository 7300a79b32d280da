// Admin routes of reconciliation and of vendors' cost exports.
import * as v from "valibot";
import { invalidRequest } from "#core/errors";
import { newId } from "#core/ids";
import type { Call, Route } from "#http/call";
import { readJson, readText } from "#http/request/json-body";
import { listResponse, pageFields, pageOf } from "#http/request/page";
import { decodeQuery } from "#http/request/query";
import { DateTime, instant } from "#http/request/time-fields";
import { type ComparedCost, compareCosts } from "#metering/cost-comparison";
import { readCsvExport, readJsonExport } from "#metering/cost-export";
import { EXPORT_FORMATS, type ExportFormat } from "#metering/daily-cost";
import { signedUsdString } from "#metering/money";
import { canonicalProvider } from "#providers/names";
import { type CostImport, costsBeside, findImport, listImports, recordImport } from "#store/usage/cost-imports";
import { type ListedReconciliation, listReconciliations } from "#store/usage/reconciliations";
import { authorOf } from "./author";
import { adminRoute, missing } from "./handler";

export const reconciliationRoutes: Route[] = [
	adminRoute("GET", "/admin/reconciliation", list),
	adminRoute("POST", "/admin/reconciliation/imports", importCosts),
	adminRoute("GET", "/admin/reconciliation/imports", imports),
	adminRoute("GET", "/admin/reconciliation/imports/:id", showImport),
];

const Filter = v.strictObject({
	...pageFields,
	object: v.optional(v.string()),
	differs: v.optional(v.picklist(["true", "false"], "must be true or false")),
	from: v.optional(DateTime),
	to: v.optional(DateTime),
});

async function list({ env, url }: Call): Promise<Response> {
	const { object = null, differs, from = null, to = null } = decodeQuery(Filter, url);
	const filter = { object, differs: differs === undefined ? null : differs === "true", from, to };
	const { found, more } = await listReconciliations(env.DB, filter, pageOf(url));
	return listResponse(found.map(view), more);
}

function view(looked: ListedReconciliation) {
	return {
		id: looked.id,
		object: "reconciliation",
		of: looked.object,
		at: instant(looked.at),
		differs: looked.differs,
		entries: { confirmed: looked.toldEntries, in_database: looked.markedEntries },
		cost_usd: {
			confirmed: signedUsdString(looked.toldCost),
			in_database: signedUsdString(looked.markedCost),
			rolled_up: signedUsdString(looked.rolledCost),
		},
		recent_cost_usd: {
			logged: signedUsdString(looked.loggedRecentCost),
			rolled_up: signedUsdString(looked.rolledRecentCost),
		},
		pending: looked.pending,
		unproven_usd: signedUsdString(looked.unproven),
		implausible: looked.implausible,
		possible_overrun_usd: signedUsdString(looked.possibleOverrun),
	};
}

const Import = v.strictObject({
	provider: v.pipe(v.string(), v.minLength(1, "must not be empty")),
	format: v.optional(v.picklist(EXPORT_FORMATS, `must be one of ${EXPORT_FORMATS.join(", ")}`)),
});

async function importCosts(call: Call): Promise<Response> {
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

async function imports({ env, url }: Call): Promise<Response> {
	const { after, limit } = pageOf(url);
	const found = await listImports(env.DB, after, limit);
	return listResponse(found.imports.map(importView), found.more);
}

async function showImport(call: Call): Promise<Response> {
	const id = call.params.id ?? "";
	const found = await findImport(call.env.DB, id);
	if (found === null) throw missing("import", id);
	return Response.json(await compared(call, found));
}

/** The import beside what was recorded; what was recorded later is in it, too. */
async function compared({ env }: Call, one: CostImport) {
	const { exported, recorded } = await costsBeside(env.DB, one);
	const days = compareCosts(exported, recorded);
	const total = days.reduce(
		(sum, day) => ({ exported: sum.exported + day.exported, recorded: sum.recorded + day.recorded }),
		{ exported: 0, recorded: 0 },
	);
	return {
		...importView(one),
		...amounts(total),
		data: days.map((day) => ({ day: instant(day.day).slice(0, 10), model: day.model || null, ...amounts(day) })),
	};
}

function importView({ id, provider, format, at }: CostImport) {
	return { id, object: "cost_import", provider, format, at: instant(at) };
}

function amounts({ exported, recorded }: Pick<ComparedCost, "exported" | "recorded">) {
	return {
		exported_usd: signedUsdString(exported),
		recorded_usd: signedUsdString(recorded),
		difference_usd: signedUsdString(exported - recorded),
	};
}
