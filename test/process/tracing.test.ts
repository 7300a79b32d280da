import { readdirSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, expect, it, vi } from "vitest";
import { Gateway } from "./gateway";

let gateway: Gateway | undefined;
afterAll(async () => gateway?.stop());

interface Span {
	trace_id: string;
	span_id: string;
	parent_id: string | null;
	name: string;
}

/** What the development server's runtime traced, as a deployment's runtime does. */
function spans(state: string): Span[] {
	const store = path.join(state, "v3/observability/miniflare-wobs-trace-store");
	return readdirSync(store)
		.filter((file) => file.endsWith(".sqlite") && file !== "metadata.sqlite")
		.flatMap((file) => {
			const database = new DatabaseSync(path.join(store, file), { readOnly: true });
			try {
				return database.prepare("SELECT trace_id, span_id, parent_id, name FROM spans").all() as unknown as Span[];
			} finally {
				database.close();
			}
		});
}

it("a request's trace has spans for its admission, each attempt and the settlement", { timeout: 120_000 }, async () => {
	gateway = await Gateway.develop();
	const { state } = gateway;
	await gateway.fault({ provider: "openai", fault: "error", status: 503, times: 1 });
	const models = ["openai/gpt-6-luna", "anthropic/claude-haiku-5-5"];
	const answer = await gateway.chat({ models, messages: [{ role: "user", content: "Hi" }] });
	expect(answer.headers.get("x-tollgate-attempts")).toBe("openai:503,anthropic:200");
	await answer.text();
	await vi.waitFor(() => {
		const all = spans(state);
		const own = all.filter(({ name }) => name.startsWith("tollgate."));
		expect(own.map(({ name }) => name).sort()).toEqual([
			"tollgate.admission",
			"tollgate.admission",
			"tollgate.attempt",
			"tollgate.attempt",
			"tollgate.settlement",
		]);
		// All of one trace, below the request itself.
		const [root] = all.filter(({ span_id }) => span_id === own[0]?.parent_id);
		expect(root?.name).toBe("POST");
		expect(new Set(own.map(({ trace_id }) => trace_id))).toEqual(new Set([root?.trace_id]));
	}, 20_000);
});
