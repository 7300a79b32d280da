import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GatewayError } from "#core/errors";
import { compareCosts } from "#metering/cost-comparison";
import { readCsvExport, readJsonExport } from "#metering/cost-export";
import { parseCsv } from "#metering/csv";

const DAY = Date.UTC(2026, 8, 28);
const NEXT = DAY + 86_400_000;

describe("comma-separated values", () => {
	it("are read as they were written, whatever is in them", () => {
		const field = fc.stringMatching(/^[a-z ,"\r\n]{0,8}$/);
		// A line of one empty field reads as an empty line.
		const line = fc.array(field, { minLength: 2, maxLength: 5 });
		fc.assert(
			fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
				const text = lines
					.map((fields) => fields.map((text) => `"${text.replaceAll('"', '""')}"`).join(","))
					.join("\r\n");
				expect(parseCsv(text)).toEqual(lines);
			}),
		);
	});

	it("need no quotes, no last line break and no carriage returns", () => {
		expect(parseCsv('a,b\nc,"d ""e"" f"\n\n,')).toEqual([
			["a", "b"],
			["c", 'd "e" f'],
			["", ""],
		]);
	});
});

describe("an export of OpenAI's", () => {
	it("in JSON is summed by day and model, over the items of the model", () => {
		const bucket = (start_time: number, ...items: [number | string, string | null][]) => ({
			object: "bucket",
			start_time,
			end_time: start_time + 86_400,
			results: items.map(([value, line_item]) => ({
				object: "organization.costs.result",
				amount: { value, currency: "usd" },
				line_item,
				project_id: null,
			})),
		});
		const data = [
			bucket(
				DAY / 1000,
				[0.5, "gpt-6-2026-09-01, input"],
				["0.25", "gpt-6-2026-09-01, output"],
				[1, "gpt-6-luna, input"],
			),
			bucket(NEXT / 1000, [0.06, null]),
		];
		expect(readJsonExport("openai", { object: "page", data, has_more: false })).toEqual([
			{ day: DAY, model: "gpt-6-2026-09-01", cost: 750_000_000 },
			{ day: DAY, model: "gpt-6-luna", cost: 1_000_000_000 },
			{ day: NEXT, model: "", cost: 60_000_000 },
		]);
	});

	it("in CSV is read with its many decimals, and its days without costs are left out", () => {
		const text = [
			"start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,quantity,line_item,project_id",
			`${DAY / 1000 - 86_400},${DAY / 1000},,,,,,,`,
			`${DAY / 1000},${NEXT / 1000},2026-09-28T00:00:00,,0.003835980000000000000000000000,usd,,"gpt-6-nano, input_tokens",`,
			`${DAY / 1000},${NEXT / 1000},2026-09-28T00:00:00,,0.0000000014,usd,,"gpt-6-nano, output_tokens",`,
		].join("\n");
		expect(readCsvExport("openai", text)).toEqual([{ day: DAY, model: "gpt-6-nano", cost: 3_835_981 }]);
	});
});

describe("an export of OpenRouter's", () => {
	it("in JSON is summed over endpoints", () => {
		const row = { model_permaslug: "openai/gpt-6-2026-09-01", endpoint_id: "e", provider_name: "OpenAI", requests: 5 };
		const data = [
			{ ...row, date: "2026-09-28", model: "openai/gpt-6", usage: 0.015 },
			{ ...row, date: "2026-09-28 00:00:00", model: "openai/gpt-6", usage: 0.005 },
		];
		expect(readJsonExport("openrouter", { data })).toEqual([{ day: DAY, model: "openai/gpt-6", cost: 20_000_000 }]);
	});

	it("in CSV is summed over requests, whose times are in UTC", () => {
		const text = [
			"generation_id,created_at,cost_total,cost_cache,tokens_prompt,model_permaslug,provider_name",
			"gen-1,2026-09-28 00:00:01.5,0.01,0,10,openai/gpt-6,OpenAI",
			"gen-2,2026-09-28 23:59:59,0.02,0,10,openai/gpt-6,OpenAI",
		].join("\r\n");
		expect(readCsvExport("openrouter", text)).toEqual([{ day: DAY, model: "openai/gpt-6", cost: 30_000_000 }]);
	});
});

describe("a plain export", () => {
	it("reads the same in JSON and in CSV", () => {
		const data = [
			{ day: "2026-09-28", model: "m", cost_usd: "1.5" },
			{ day: "2026-09-29", cost_usd: 2 },
		];
		const read = [
			{ day: DAY, model: "m", cost: 1_500_000_000 },
			{ day: NEXT, model: "", cost: 2_000_000_000 },
		];
		expect(readJsonExport("plain", { data })).toEqual(read);
		expect(readCsvExport("plain", "day,model,cost_usd\n2026-09-28,m,1.5\n2026-09-29,,2")).toEqual(read);
	});
});

it.each([
	["a day that is none", "plain", "day,model,cost_usd\nsome day,m,1"],
	["a day that does not exist", "plain", "day,model,cost_usd\n2026-02-31,m,1"],
	["a day of the year 0", "openrouter", "created_at,model_permaslug,cost_total\n0000-05-01 00:00:00,m,1"],
	["an amount that is none", "plain", "day,model,cost_usd\n2026-09-28,m,one"],
	["an amount without end", "plain", "day,model,cost_usd\n2026-09-28,m,Infinity"],
	["no column of amounts", "openai", "start_time,line_item\n1,x"],
	["other money", "openai", "start_time,amount_value,amount_currency\n1790553600,1,eur"],
] as const)("an export with %s is refused", (_, format, text) => {
	expect(() => readCsvExport(format, text)).toThrow(GatewayError);
});

it("a JSON export of another shape is refused, naming the field", () => {
	expect(() => readJsonExport("openrouter", { data: [{ date: "2026-09-28", model: "m" }] })).toThrow(
		/data\[0\]\.usage/,
	);
});

describe("what was exported beside what was recorded", () => {
	it("is told by day and model, dated snapshots under their plain names", () => {
		const exported = [
			{ day: DAY, model: "gpt-6-2026-09-01", cost: 10 },
			{ day: DAY, model: "claude-5-20260901", cost: 5 },
		];
		const recorded = [
			{ day: DAY, model: "gpt-6", cost: 7 },
			{ day: DAY, model: "unknown", cost: 1 },
		];
		expect(compareCosts(exported, recorded)).toEqual([
			{ day: DAY, model: "claude-5", exported: 5, recorded: 0 },
			{ day: DAY, model: "gpt-6", exported: 10, recorded: 7 },
			{ day: DAY, model: "unknown", exported: 0, recorded: 1 },
		]);
	});

	it("is told by day where the export tells no models apart, and loses nothing", () => {
		const cost = fc.record({
			day: fc.constantFrom(DAY, NEXT),
			model: fc.constantFrom("", "a", "b", "a-2026-09-01"),
			cost: fc.integer({ min: -1_000, max: 1_000 }),
		});
		fc.assert(
			fc.property(fc.array(cost), fc.array(cost), (exported, recorded) => {
				const compared = compareCosts(exported, recorded);
				const sum = (costs: readonly { cost: number }[]) => costs.reduce((all, one) => all + one.cost, 0);
				expect(compared.reduce((all, one) => all + one.exported, 0)).toBe(sum(exported));
				expect(compared.reduce((all, one) => all + one.recorded, 0)).toBe(sum(recorded));
				const whole = new Set(exported.filter(({ model }) => model === "").map(({ day }) => day));
				for (const { day, model } of compared) if (whole.has(day)) expect(model).toBe("");
			}),
		);
	});
});
