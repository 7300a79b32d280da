import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { BUILT_IN_MODELS } from "#catalog/catalog";
import type { CredentialId, ProviderName } from "#core/ids";
import type { AutoRule } from "#core/routing/auto-rules";
import { BoundedMemory } from "#core/routing/routing-memory";
import { BUILT_IN_TABLE } from "#providers/built-in-providers";
import { BUILT_IN_PROVIDERS } from "#providers/names";
import { ONLY_CREDENTIAL } from "#providers/provider";
import { buildDirectory } from "#router/models/directory";
import { targetOf } from "#router/models/model-access";
import type { Candidate } from "#router/plan";
import { DEFAULT_RULES } from "#router/ranking/default-rules";
import { explain } from "#router/route";
import type { RouteRequest, RouteView } from "#router/route-request";
import { healthOf, laterTurn, NOW, requestOf, routeRequestOf, viewOf } from "./world";

const directory = buildDirectory(
	BUILT_IN_PROVIDERS.map((name) => ({
		name: name as string as ProviderName,
		models: BUILT_IN_MODELS.filter((model) => model.provider === name),
		defaultModel: BUILT_IN_TABLE[name].defaultModel,
		credentials: [{ id: ONLY_CREDENTIAL, weight: 1 }],
	})),
	[],
);
const documented = readFileSync("docs/routing.md", "utf8");

const decide = (routeRequest: Partial<RouteRequest>, view: Partial<RouteView> = {}) =>
	explain(routeRequestOf("auto", routeRequest), viewOf(directory, view));

/** A table in Markdown; beside its first column, figures stand on the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[], rest: "---" | "---:" = "---:"): string {
	const lines = [head, head.map((_, column) => (column === 0 ? "---" : rest)), ...rows];
	return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

const PARTS = ["quality", "cost", "latency", "success"] as const;

/** The best candidates of a plan by score, with what it is made of. */
function scores(candidates: readonly Candidate[], most = 5): string {
	return table(
		["candidate", "expected cost, $", ...PARTS, "score"],
		candidates
			.slice(0, most)
			.map((one) => [
				`\`${targetOf(one.model)}\``,
				usd(one.expectedCost),
				...PARTS.map((part) => (one.parts[part] ?? 0).toFixed(3)),
				(one.score ?? 0).toFixed(3),
			]),
	);
}

function usd(nano: number | null | undefined): string {
	return ((nano ?? 0) / 1e9).toFixed(6);
}

describe("docs/routing.md", () => {
	it("shows the weights that come with the gateway, and what they make a tier worth", () => {
		const rows = Object.entries(DEFAULT_RULES.weights).map(([optimize, weights]) => {
			// A tier is a quarter of the quality part, a tenfold price a third of the cost part.
			const worth = 10 ** ((weights.quality / 4 / weights.cost) * 3);
			return [`\`${optimize}\``, ...PARTS.map((part) => String(weights[part])), worth.toFixed(worth < 100 ? 1 : 0)];
		});
		expect(documented).toContain(table(["`optimize`", ...PARTS, "a tier is worth a price so many times higher"], rows));
	});

	it("shows the rules that come with the gateway", () => {
		const condition = ({ critical, asks, plain, input }: AutoRule["when"]) =>
			[
				critical && "`metadata.priority` is `critical`",
				asks && `asks for ${asks.join(" or ")}`,
				plain && "plain text",
				input?.most !== undefined && `at most ${input.most} tokens`,
			]
				.filter((part) => typeof part === "string")
				.join(", ");
		const rows = DEFAULT_RULES.rules.map(({ name, when, skill, tier, by, optimize }) => [
			name,
			condition(when),
			skill,
			String(tier),
			by,
			optimize ?? "as asked",
		]);
		expect(documented).toContain(table(["rule", "when", "skill", "tier", "by", "optimize"], rows, "---"));
	});

	it("shows how a short question is decided when nothing is known of any provider", () => {
		const plan = decide({ inputTokens: 200 });
		expect(plan.rule).toBe("short text");
		expect(documented).toContain(scores(plan.candidates));
	});

	it("shows how a task about code is decided, by what was seen of late", () => {
		const health = healthOf({
			"openai/gpt-6.1-sol": { ttftMs: 900, tokensPerSecond: 70, successRate: 0.998, cachedShare: 0.4 },
			"anthropic/claude-opus-5-5": { ttftMs: 1_300, tokensPerSecond: 60, successRate: 0.999, cachedShare: 0.6 },
			"deepseek/deepseek-v4-pro": { ttftMs: 2_400, tokensPerSecond: 35, successRate: 0.97, cachedShare: 0.8 },
			"openrouter/deepseek/deepseek-v4-pro": {
				ttftMs: 1_800,
				tokensPerSecond: 50,
				successRate: 0.93,
				cachedShare: 0.1,
			},
			"openai/gpt-6.1-terra": { ttftMs: 600, tokensPerSecond: 110, successRate: 0.998, cachedShare: 0.4 },
		});
		const request = requestOf("Refactor this function, please.");
		const plan = decide({ request, inputTokens: 4_000 }, { health });
		expect(plan.rule).toBe("code");
		expect(documented).toContain(scores(plan.candidates));
		expect(documented).toContain(
			scores(decide({ request, inputTokens: 4_000, optimize: "cost" }, { health }).candidates),
		);
	});

	it("shows what a warm cache is worth to a conversation", () => {
		const rows = [1, 2, 4, 8].map((turns) => {
			const memory = new BoundedMemory({ conversations: 1, families: 1 });
			memory.learn(
				{
					conversation: "c",
					family: "f",
					target: "siliconflow/deepseek-ai/DeepSeek-V4-Pro",
					credential: ONLY_CREDENTIAL as CredentialId,
					failed: false,
					prompt: { tokens: 20_000, cached: 18_000 },
					output: 500,
				},
				NOW,
			);
			const preference = {
				model: "deepseek-v4-pro",
				provider: { sort: "price" as const, only: ["deepseek", "siliconflow"] },
			};
			const routeRequest = {
				preference,
				request: laterTurn(turns),
				conversation: "c",
				family: "f",
				inputTokens: 20_000,
			};
			const { candidates, affinity } = decide(routeRequest, { memory });
			const at = (provider: string) => candidates.find(({ model }) => model.provider === provider);
			const [here, there] = [at("siliconflow"), at("deepseek")];
			return [
				String(turns),
				usd(here?.expectedCost),
				usd(there?.expectedCost),
				usd(there?.parts.cost_per_turn),
				affinity === "kept" ? "stays" : "leaves",
			];
		});
		const head = ["turns so far", "SiliconFlow, warm", "DeepSeek, this turn", "DeepSeek, per turn", "the conversation"];
		expect(documented).toContain(table(head, rows));
	});
});
