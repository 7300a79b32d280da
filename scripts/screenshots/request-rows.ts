// Rows of the log as a month of requests leaves them, written into the database of a gateway that does not run.
import type { DatabaseSync } from "node:sqlite";
import { APPS, modelsOf, randomFrom, type SeededKey } from "./seed.ts";

const DAYS = 30;
const DAY_MS = 86_400_000;
const FAILURES = [
	[429, "rate_limit_error", "rate_limit_exceeded"],
	[503, "server_error", "no_provider_available"],
	[402, "insufficient_quota", "insufficient_quota"],
	[404, "invalid_request_error", "model_not_found"],
] as const;
/** Of the requests. */
const FAILING = 0.012;

/** Writes rows of `requests` requests, evenly over the last month, with the figures and attempts that each had. */
export function writeRequests(database: DatabaseSync, keys: readonly SeededKey[], requests: number, now: number): void {
	const random = randomFrom(11);
	const columns = `id, at, team_id, key_id, app, session, end_user, metadata, face, stream, requested_model, strategy,
		candidates, provider, model, status, error_type, error_code, input_tokens, cached_input_tokens, cache_write_tokens,
		output_tokens, reasoning_tokens, cost, estimated, latency_ms, ttft_ms, attempts`;
	const insert = database.prepare(`INSERT INTO request_log (${columns}) VALUES (${columns.replaceAll(/\w+/g, "?")})`);
	const models = keys.map((_, place) => [...modelsOf(place)]);
	const stepMs = (DAYS * DAY_MS) / requests;
	database.exec("BEGIN");
	for (let place = 0; place < requests; place++) {
		const at = Math.floor(now - (requests - place) * stepMs);
		const whose = Math.floor(random() * keys.length);
		const key = keys[whose];
		const own = models[whose] ?? [];
		const asked = own[Math.floor(random() * own.length)];
		if (key === undefined || asked === undefined) throw new Error("there is no key");
		const [provider, model, usd, cached] = asked;
		const failure = random() < FAILING ? (FAILURES[place % FAILURES.length] ?? null) : null;
		const [input, output, ms] = [
			Math.round(random() * 4_800),
			Math.round(random() * 760),
			Math.round(random() * 4_000),
		];
		const cost = failure === null ? Math.round(usd * 1e6) : 0;
		const attempt = {
			attemptId: "a1",
			provider,
			model,
			credential: "main",
			startedMs: 2,
			endedMs: 2 + ms,
			end: "ok",
			cost,
		};
		insert.run(
			`req_${at.toString(16).padStart(12, "0")}${place.toString(16).padStart(20, "0")}`,
			...[at, key.teamId, key.id, APPS[whose % APPS.length] || null, `s${place % 5_000}`, `u${place % 900}`],
			...[JSON.stringify({ job: `j${place % 40}` }), "chat", 1, `${provider}/${model}`, "priority"],
			JSON.stringify([{ target: `${provider}/${model}`, score: null }]),
			...[provider, model, failure?.[0] ?? 200, failure?.[1] ?? null, failure?.[2] ?? null],
			...[input, Math.round(input * cached), 0, output, 0, cost, 0, ms, Math.round(ms / 4)],
			JSON.stringify([attempt]),
		);
	}
	database.exec("COMMIT");
}
