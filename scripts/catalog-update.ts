/**
 * Writes the price list from `@pydantic/genai-prices` and says what it changed: `npm run catalog:update`. Fails where
 * the list differs from a figure of the catalog and `differences.json` does not say why the catalog's own is kept.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { findProvider } from "@pydantic/genai-prices";
import { readPriceLine, writePriceLine } from "../src/catalog/price-line.ts";
import { differencesFrom } from "./differences.ts";
import { take } from "./genai-prices.ts";

const PACKAGE = "@pydantic/genai-prices";
const root = path.join(import.meta.dirname, "..");
const catalog = path.join(root, "src/catalog");

/** What the gateway calls a vendor, its id in the data, and which ids there are its own. */
const VENDORS: readonly (readonly [vendor: string, id: string, own: RegExp])[] = [
	["openai", "openai", /^(?!ft:).*(?<!\.ft-|:extended)$/],
	["anthropic", "anthropic", /^claude-/],
	["gemini", "google", /^(?:gemini|gemma)-(?!.*-maas$)/],
	["deepseek", "deepseek", /^deepseek-/],
	["openrouter", "openrouter", /\//],
	["workers-ai", "cloudflare", /^@(?:cf|hf)\//],
	...[
		...["avian", "aws", "azure", "cerebras", "cohere", "fireworks", "groq", "minimax", "mistral", "moonshotai"],
		...["novita", "perplexity", "together", "x-ai", "zai"],
	].map((id) => [id, id, /^(?!regional\.)/] as const),
];

interface PriceList {
	[vendor: string]: { source: string; as_of: string; models: string[] };
}

function readJson<T>(file: string): T {
	return JSON.parse(readFileSync(file, "utf8")) as T;
}

function publishedOn(version: string): string {
	const times = JSON.parse(execFileSync("npm", ["view", PACKAGE, "time", "--json"], { encoding: "utf8" }));
	return String(times[version]).slice(0, 10);
}

/** What a change of the list is about, one line for each model. */
function difference(vendor: string, before: readonly string[], after: readonly string[]): string[] {
	const byId = (lines: readonly string[]) => new Map(lines.map((line) => [readPriceLine(line).id, line]));
	const [old, now] = [byId(before), byId(after)];
	return [
		...[...now].flatMap(([id, line]) => {
			const was = old.get(id);
			if (was === undefined) return [`+ ${vendor}/${line}`];
			return was === line ? [] : [`~ ${vendor}/${id}\n    was ${was}\n    now ${line}`];
		}),
		...[...old.keys()].filter((id) => !now.has(id)).map((id) => `- ${vendor}/${id}`),
	];
}

const { version } = readJson<{ version: string }>(path.join(root, "node_modules", PACKAGE, "package.json"));
const date = publishedOn(version);
const file = path.join(catalog, "price-list.json");
const before = readJson<PriceList>(file);
const after: PriceList = {};
const said: string[] = [];
for (const [vendor, id, own] of VENDORS) {
	const provider = findProvider({ providerId: id });
	if (provider === undefined) throw new RangeError(`${PACKAGE} ${version} knows no ${id}`);
	const { lines, left, dearest } = take(provider, (name) => own.test(name));
	const models = lines.map(writePriceLine);
	after[vendor] = {
		source: `${PACKAGE} ${version}, from ${provider.pricing_urls?.[0] ?? provider.name}`,
		as_of: date,
		models,
	};
	said.push(...difference(vendor, before[vendor]?.models ?? [], models));
	console.log(`${vendor}: ${models.length} models`);
	for (const [why, ids] of left) console.log(`  left out, ${why}: ${ids.join(" ")}`);
	if (dearest.length > 0) console.log(`  at the dearest of several prices: ${dearest.join(" ")}`);
}
writeFileSync(file, `${JSON.stringify(after, null, "\t")}\n`);
console.log(said.length === 0 ? "nothing changed" : said.join("\n"));

const kept = readJson<Record<string, string>>(path.join(catalog, "differences.json"));
const lists = new Map(Object.entries(after).map(([vendor, { models }]) => [vendor, models.map(readPriceLine)]));
const found = differencesFrom(readJson(path.join(catalog, "models.json")), lists, date);
const unexplained = found.filter(({ model }) => kept[model] === undefined);
for (const { model, differs } of found)
	console.log(`${model} differs: ${differs.join(", ")}: ${kept[model] ?? "no reason given"}`);
const needless = Object.keys(kept).filter((model) => !found.some((each) => each.model === model));
for (const model of needless) console.log(`${model} no longer differs: take it out of differences.json`);
if (unexplained.length + needless.length > 0) process.exitCode = 1;
