// What the gateway of the screenshots has seen: twenty teams with their keys and budgets, 30 days of usage, requests of
// the last minutes, and a provider that is down. The same for every run, but for the days.
import { readdir } from "node:fs/promises";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

const ADMIN = { authorization: "Bearer tollgate-dev-admin", "content-type": "application/json" };
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const DAYS = 30;

const TEAMS: readonly (readonly [team: string, budgetUsd: number, keys: readonly string[]])[] = [
	["Search", 25, ["search-indexer", "query-rewriter"]],
	["Support", 20, ["ticket-triage", "reply-drafts"]],
	["Data platform", 0, ["nightly-labels"]],
	["Mobile", 15, ["ios-assistant", "android-assistant"]],
	["Payments", 15, ["dispute-letters"]],
	["Risk", 20, ["document-check"]],
	["Legal", 10, ["contract-review"]],
	["Research", 30, ["evals", "notebooks"]],
	["Docs", 0, ["docs-translator"]],
	["Sales", 0, ["call-notes"]],
	["Marketing", 12, ["campaign-copy"]],
	["Localization", 0, ["app-strings"]],
	["Security", 0, ["alert-summaries"]],
	["Quality", 0, ["test-writer"]],
	["Design", 0, ["figma-plugin"]],
	["Finance", 0, ["invoice-reader"]],
	["People", 0, ["handbook-chat"]],
	["Operations", 0, ["runbook-bot"]],
	["Growth", 0, ["onboarding"]],
	["Internal tools", 20, ["claude-code", "codex"]],
];
/** Each with what a thousand of its requests cost, in USD, and what part of its input a cache served. */
const MODELS = [
	["openai", "gpt-6.1-sol", 9, 0.42],
	["anthropic", "claude-sonnet-5", 7.5, 0.61],
	["gemini", "gemini-3.5-flash", 2.2, 0.25],
	["openai", "gpt-6-luna", 1.1, 0.3],
	["deepseek", "deepseek-flash", 0.6, 0.55],
	["siliconflow", "deepseek-ai/DeepSeek-V3.2", 0.5, 0.1],
	["openrouter", "moonshotai/kimi-k2.6", 1.4, 0.2],
	["workers-ai", "@cf/openai/gpt-oss-120b", 0.3, 0],
] as const;
/** What is asked to use up a budget, and what it costs each time, in USD. */
const LONG_MODEL = "anthropic/claude-opus-4-1";
const LONG_USD = 1.9;
export const APPS = ["indexer", "helpdesk", "claude-code", "codex", ""];

export interface SeededKey {
	readonly id: string;
	/** The team's name, and its id. */
	readonly team: string;
	readonly teamId: string;
	readonly name: string;
	/** The key's text. */
	readonly key: string;
}

/** Makes the teams with their keys and budgets, and an alias; the keys, in order. */
export async function makeTeams(origin: string): Promise<readonly SeededKey[]> {
	const keys: SeededKey[] = [];
	for (const [name, budget, names] of TEAMS) {
		const budgets = budget === 0 ? [] : [{ limit_usd: String(budget), window: "month" }];
		const team = await change<{ id: string }>(origin, "/admin/teams", { name, budgets });
		for (const key of names) {
			const own = { team_id: team.id, name: key, limits: { requests_per_minute: 600 } };
			const body = key.startsWith("c") ? { ...own, budgets: [{ limit_usd: "20", window: "month" }] } : own;
			const made = await change<{ id: string; key: string }>(origin, "/admin/keys", body);
			keys.push({ id: made.id, team: name, teamId: team.id, name: key, key: made.key });
		}
	}
	await change(origin, "/admin/aliases", {
		name: "steady",
		models: ["openai/gpt-6-luna", "deepseek/deepseek-flash"],
	});
	return keys;
}

/** Writes what was used until now into the database of a gateway that does not run. */
export function writeUsage(state: string, keys: readonly SeededKey[], now: number): Promise<void> {
	return inDatabaseOf(state, (database) => writeRows(database, keys, now));
}

/** Opens the database of a gateway that does not run. */
export async function inDatabaseOf(state: string, write: (database: DatabaseSync) => void): Promise<void> {
	const folder = path.join(state, "v3/d1/miniflare-D1DatabaseObject");
	for (const file of (await readdir(folder)).filter((name) => name.endsWith(".sqlite"))) {
		const database = new DatabaseSync(path.join(folder, file));
		const tables = database.prepare("SELECT name FROM sqlite_schema WHERE name = 'usage_daily'").all();
		if (tables.length > 0) write(database);
		database.close();
	}
}

function writeRows(database: DatabaseSync, keys: readonly SeededKey[], now: number): void {
	const random = randomFrom(7);
	const columns = `period, team_id, key_id, app, provider, model, requests, server_errors, rate_limit_errors, attempts,
		input_tokens, cached_input_tokens, output_tokens, cost, cache_discount, latency_10, latency_13, ttft_08, ttft_10`;
	const marks = columns.replaceAll(/\w+/g, "?");
	const daily = database.prepare(`INSERT INTO usage_daily (${columns}) VALUES (${marks})`);
	const hourly = database.prepare(`INSERT INTO usage_hourly (${columns}) VALUES (${marks})`);
	const today = Math.floor(now / DAY_MS) * DAY_MS;
	database.exec("BEGIN");
	for (const [place, key] of keys.entries()) {
		for (const [provider, model, usd, cached] of modelsOf(place)) {
			const size = 120 + random() * 1_200;
			for (let day = DAYS; day >= 0; day--) {
				const at = today - day * DAY_MS;
				const isWeekend = [0, 6].includes(new Date(at).getUTCDay());
				// Use grows over the month, rests at weekends, and one team's doubled yesterday.
				const spike = key.name === "evals" && day <= 1 ? 2.4 : 1;
				const hours = day === 0 ? Math.floor((now - today) / HOUR_MS) : 24;
				const whole = size * (isWeekend ? 0.35 : 1) * (1.2 - day / 60) * (0.8 + random() * 0.4) * spike;
				const sums = rowOf(whole * (hours / 24), usd, cached, random());
				daily.run(at, key.teamId, key.id, APPS[place % 5] ?? "", provider, model, ...sums);
				for (let hour = 0; hour < hours && day <= 7; hour++) {
					const busy = 0.4 + Math.sin((hour / 24) * Math.PI);
					hourly.run(
						at + hour * HOUR_MS,
						...[key.teamId, key.id, APPS[place % 5] ?? "", provider, model],
						...rowOf((whole / 24) * busy, usd, cached, random()),
					);
				}
			}
		}
	}
	database.exec("COMMIT");
}

/** The models that a key asks, by its place. */
export function modelsOf(place: number) {
	return new Set([MODELS[place % 3], MODELS[(place * 5 + 3) % MODELS.length]].filter((one) => one !== undefined));
}

/** A row's figures for `requests` requests; `luck`, from 0 to 1, decides which part of them failed. */
function rowOf(requests: number, usd: number, cached: number, luck: number): number[] {
	const whole = Math.max(1, Math.round(requests));
	const failed = Math.round(whole * luck * 0.012);
	const input = whole * 2_400;
	const fast = Math.round(whole * 0.8);
	return [
		...[whole, failed, Math.round(failed / 2), whole + failed],
		...[
			input,
			Math.round(input * cached),
			whole * 380,
			Math.round(whole * usd * 1e6),
			Math.round(whole * usd * cached * 6e5),
		],
		...[fast, whole - fast, fast, whole - fast],
	];
}

/** Requests of the last minutes: most are served, some after another provider failed; long ones use up budgets. */
export async function sendRequests(origin: string, keys: readonly SeededKey[]): Promise<void> {
	const long = "The committee met on Tuesday to discuss the quarterly figures. ".repeat(12_000);
	for (const [place, [name, budget]] of TEAMS.entries()) {
		const key = keys.find(({ team }) => team === name);
		const share = 0.95 - place * 0.035;
		const number = Math.floor((budget * share) / LONG_USD);
		for (let sent = 0; sent < number; sent++) await ask(origin, key?.key ?? "", LONG_MODEL, long, "indexer");
	}
	await faults(origin, [
		{ provider: "openrouter", fault: "error", status: 503 },
		{ provider: "openai", model: "gpt-6-luna", fault: "error", status: 503, rate: 0.34 },
	]);
	for (const [place, { key }] of keys.entries()) {
		await ask(origin, key, "steady", "Summarize the ticket in one line.", APPS[place % 4] ?? "");
		if (place % 2 === 0) await ask(origin, key, "openrouter/moonshotai/kimi-k2.6", "Hello", "helpdesk");
		await ask(origin, key, "gemini/gemini-3.5-flash", "Translate to German: the lease ends in June.", "claude-code");
	}
}

async function ask(origin: string, key: string, model: string, content: string, app: string): Promise<void> {
	const response = await fetch(`${origin}/v1/chat/completions`, {
		method: "POST",
		headers: { authorization: `Bearer ${key}`, "content-type": "application/json", "x-title": app },
		body: JSON.stringify({ model, max_tokens: 400, stream: true, messages: [{ role: "user", content }] }),
	});
	await response.text();
}

async function faults(origin: string, list: readonly object[]): Promise<void> {
	await fetch(`${origin}/_simulator/faults`, { method: "PUT", body: JSON.stringify(list) });
}

async function change<Answer>(origin: string, route: string, body: object): Promise<Answer> {
	const response = await fetch(origin + route, { method: "POST", headers: ADMIN, body: JSON.stringify(body) });
	if (!response.ok) throw new Error(`${route} answered ${response.status}: ${await response.text()}`);
	return (await response.json()) as Answer;
}

/** Numbers from 0 to 1 that are the same for the same seed. */
export function randomFrom(seed: number): () => number {
	let state = seed;
	return () => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return state / 2 ** 32;
	};
}
