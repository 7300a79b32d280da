// The lines of usage as a file for spreadsheets, with all digits.
import { type Group, groupOf, type UsageLine } from "~/api/usage";

const FIGURES = [
	"requests",
	"errors",
	"attempts",
	"input_tokens",
	"cached_input_tokens",
	"cache_write_tokens",
	"output_tokens",
	"reasoning_tokens",
	"cost",
	"estimated_cost",
] as const;
/** How a formula begins, and what spreadsheets skip before one: callers choose some of these texts. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/** CSV by RFC 4180. `nameOf` gives names to ids of keys and teams, which stand beside them. */
export function usageFile(lines: readonly UsageLine[], groups: readonly Group[], nameOf: (id: string) => string) {
	const named = (group: Group) => group === "team" || group === "key";
	const heads = groups.flatMap((group) => (named(group) ? [`${group}_id`, group] : [group]));
	const rows = lines.map((line) => [
		line.period ?? "",
		...groups.flatMap((group) => {
			const id = groupOf(line, group) ?? "";
			return named(group) ? [field(id), field(nameOf(id))] : [field(id)];
		}),
		...FIGURES.map((name) => `${line[name]}`),
	]);
	return [["period", ...heads, ...FIGURES], ...rows].map((row) => `${row.join(",")}\r\n`).join("");
}

function field(value: string): string {
	const text = FORMULA.test(value) ? `'${value}` : value;
	return /["\r\n,']/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
