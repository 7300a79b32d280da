// Reads cost exports of vendors.

import * as v from "valibot";
import { invalidRequest } from "#core/errors";
import { validationError } from "#core/validation-error";
import { beginsWithRealDay } from "#lib/calendar";
import { DAY_MS } from "#lib/time";
import { parseCsv } from "./csv";
import type { DailyCost, ExportFormat } from "./daily-cost";

/** No export of a single day and model comes near, in USD. */
const MAX_USD = 4_000_000;

interface Line {
	/** A date, or seconds since the epoch. */
	readonly day: string | number;
	readonly model: string;
	readonly usd: string | number;
}

const Usd = v.union([v.number(), v.string()]);

const JSON_LINES: Record<ExportFormat, v.GenericSchema<unknown, Line[]>> = {
	/** The answer of `GET /v1/organization/costs`, grouped by line item or not. */
	openai: v.pipe(
		v.object({
			data: v.array(
				v.object({
					start_time: v.number(),
					results: v.array(
						v.object({
							amount: v.object({ value: Usd, currency: v.literal("usd", "must be usd") }),
							line_item: v.optional(v.nullable(v.string()), null),
						}),
					),
				}),
			),
		}),
		v.transform(({ data }) =>
			data.flatMap(({ start_time, results }) =>
				results.map(({ amount, line_item }) => ({ day: start_time, model: modelOfItem(line_item), usd: amount.value })),
			),
		),
	),
	/** The answer of `GET /api/v1/activity`. */
	openrouter: v.pipe(
		v.object({ data: v.array(v.object({ date: v.string(), model: v.string(), usage: Usd })) }),
		v.transform(({ data }) => data.map(({ date, model, usage }) => ({ day: date, model, usd: usage }))),
	),
	plain: v.pipe(
		v.object({
			data: v.array(v.object({ day: v.string(), model: v.optional(v.string(), ""), cost_usd: Usd })),
		}),
		v.transform(({ data }) => data.map(({ day, model, cost_usd }) => ({ day, model, usd: cost_usd }))),
	),
};

/** The columns of the exports that dashboards offer. */
const CSV_COLUMNS: Record<ExportFormat, { readonly day: string; readonly model: string; readonly usd: string }> = {
	openai: { day: "start_time", model: "line_item", usd: "amount_value" },
	openrouter: { day: "created_at", model: "model_permaslug", usd: "cost_total" },
	plain: { day: "day", model: "model", usd: "cost_usd" },
};

/**
 * Reads an export in JSON: sums by day and model, each amount rounded to the nearest nano-dollar. Throws `GatewayError`
 * 400 naming what is wrong with it.
 */
export function readJsonExport(format: ExportFormat, body: unknown): DailyCost[] {
	const result = v.safeParse(JSON_LINES[format], body, { abortEarly: true });
	if (!result.success) throw validationError(result.issues[0]);
	return summed(result.output);
}

/** The same of comma-separated values, whose first line names the columns. */
export function readCsvExport(format: ExportFormat, text: string): DailyCost[] {
	const [header = [], ...rows] = parseCsv(text);
	const columns = CSV_COLUMNS[format];
	const names = header.map((name) => name.trim());
	const [day, model, usd] = [columns.day, columns.model, columns.usd].map((name) => names.indexOf(name)) as [
		number,
		number,
		number,
	];
	for (const [name, index] of [[columns.day, day] as const, [columns.usd, usd] as const]) {
		if (index < 0) throw invalidRequest(`the export has no column \`${name}\``, name);
	}
	const currency = names.indexOf("amount_currency");
	const lines = rows.flatMap((row): Line[] => {
		const amount = row[usd]?.trim() ?? "";
		// A period without costs has a line without an amount.
		if (amount === "") return [];
		if (currency >= 0 && row[currency] !== "usd") throw invalidRequest("the export is not in US dollars");
		const at = row[day]?.trim() ?? "";
		const named = row[model]?.trim() ?? "";
		return [
			{ day: /^\d+$/.test(at) ? Number(at) : at, model: format === "openai" ? modelOfItem(named) : named, usd: amount },
		];
	});
	return summed(lines);
}

/** "gpt-6-2026-09-01, input" is what the input of that model cost. */
function modelOfItem(item: string | null): string {
	return item?.split(",")[0]?.trim() ?? "";
}

function summed(lines: readonly Line[]): DailyCost[] {
	const sums = new Map<string, DailyCost>();
	for (const [index, line] of lines.entries()) {
		const day = dayOf(line.day);
		const usd = Number(line.usd);
		if (day === null || line.usd === "" || !(Math.abs(usd) <= MAX_USD)) {
			throw invalidRequest(`entry ${index + 1} of the export has no day or no amount that can be read`);
		}
		const key = `${day} ${line.model}`;
		const before = sums.get(key)?.cost ?? 0;
		sums.set(key, { day, model: line.model, cost: before + Math.round(usd * 1e9) });
	}
	return [...sums.values()];
}

/** A date or a time that names no zone is one in UTC. */
function dayOf(at: string | number): number | null {
	if (typeof at === "string" && !beginsWithRealDay(at)) return null;
	const isLocal = typeof at === "string" && /^\d{4}-\d\d-\d\d[ T][\d:.]+$/.test(at);
	const ms = typeof at === "number" ? at * 1_000 : Date.parse(isLocal ? `${at.replace(" ", "T")}Z` : at);
	return Number.isSafeInteger(ms) ? Math.floor(ms / DAY_MS) * DAY_MS : null;
}
