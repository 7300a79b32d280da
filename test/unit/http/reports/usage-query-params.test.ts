import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { GatewayError } from "#core/errors";
import { CHAT_FACES } from "#core/usage/usage-sum";
import { anthropicMessages } from "#faces/anthropic-messages/index";
import { openaiChat } from "#faces/openai-chat/index";
import { openaiCompletions } from "#faces/openai-completions/index";
import { openaiEmbeddings } from "#faces/openai-embeddings/index";
import { openaiImages } from "#faces/openai-images/index";
import { openaiModerations } from "#faces/openai-moderations/index";
import { openaiResponses } from "#faces/openai-responses/index";
import { rerank } from "#faces/rerank/index";
import { usageFields, usageQuestion } from "#http/reports/usage-query-params";
import { decodeQuery } from "#http/request/query";
import type { UsageQuestion } from "#store/usage/usage-query";

const NOW = Date.UTC(2026, 10, 18, 12, 34, 56);
const ANYBODY = { teamId: null, keyId: null, app: null, provider: null, model: null };

function ask(query: string): UsageQuestion {
	const url = new URL(`https://gateway/admin/usage?${query}`);
	return usageQuestion(decodeQuery(v.strictObject(usageFields), url), ANYBODY, NOW);
}

/** The times and the roll-ups of a question. */
const span = (query: string) => {
	const { from, to, unit, interval } = ask(query);
	return [new Date(from).toISOString().slice(0, 16), new Date(to).toISOString().slice(0, 16), unit, interval];
};

describe("a question about usage", () => {
	test.each([
		["", ["2026-10-19T00:00", "2026-11-19T00:00", "day", null]],
		["interval=hour", ["2026-11-17T12:00", "2026-11-18T13:00", "hour", "hour"]],
		["interval=day", ["2026-10-19T00:00", "2026-11-19T00:00", "day", "day"]],
		["interval=month", ["2025-11-01T00:00", "2026-12-01T00:00", "day", "month"]],
		["from=2026-11-18T10:20:00Z", ["2026-11-18T10:00", "2026-11-18T13:00", "hour", null]],
		["from=2026-11-01&to=2026-11-03", ["2026-11-01T00:00", "2026-11-03T00:00", "hour", null]],
		["from=2026-11-01&to=2026-11-03T00:30:00Z", ["2026-11-01T00:00", "2026-11-04T00:00", "day", null]],
		["interval=month&from=2026-01-31&to=2026-02-01", ["2026-01-01T00:00", "2026-02-01T00:00", "day", "month"]],
		["interval=hour&from=2026-11-01&to=2026-11-01T00:00:01Z", ["2026-11-01T00:00", "2026-11-01T01:00", "hour", "hour"]],
		["interval=day&from=2026-11-01T00:00:00%2B08:00", ["2026-10-31T00:00", "2026-11-19T00:00", "day", "day"]],
	])("of `%s` is about whole periods", (query, expected) => {
		expect(span(query)).toEqual(expected);
	});

	test("brings percentiles unasked unless that takes long", () => {
		expect(ask("from=2026-11-11").histograms).toBe(true);
		expect(ask("from=2026-11-09").histograms).toBe(false);
		expect(ask("from=2026-11-09&percentiles=true").histograms).toBe(true);
		expect(ask("interval=hour&percentiles=false").histograms).toBe(false);
		const url = new URL("https://gateway/admin/usage?from=2026-01-01");
		const fields = decodeQuery(v.strictObject(usageFields), url);
		expect(usageQuestion(fields, { ...ANYBODY, teamId: "team_1" }, NOW).histograms).toBe(true);
	});

	test("takes an interval for one of the groups too", () => {
		expect(ask("group_by=team,day,model")).toMatchObject({ groups: ["team", "model"], interval: "day" });
	});

	test.each([
		["group_by=end_user", { endUser: null, operation: null, tag: null, tagValue: null }],
		["group_by=model&operation=chat", { endUser: null, operation: "chat", tag: null, tagValue: null }],
		["group_by=tag&tag=project", { endUser: null, operation: null, tag: "project", tagValue: null }],
		["tag=project", undefined],
		["group_by=team,model", undefined],
	])("of `%s` asks the log only for what the roll-ups do not tell", (query, log) => {
		expect(ask(query).log).toEqual(log);
	});

	test.each([
		["group_by=colour", "group_by"],
		["group_by=team,team", "group_by"],
		["group_by=hour,day", "group_by"],
		["interval=week", "interval"],
		["from=2026-13-01", "from"],
		["from=yesterday", "from"],
		["to=2026-02-32", "to"],
		["from=2026-02-31", "from"],
		["from=2026-02-29T00:00:00Z", "from"],
		["from=0000-01-01", "from"],
		["from=2026-11-02&to=2026-11-02", "from"],
		["interval=hour&from=2026-10-01", "from"],
		["interval=day&from=2025-01-01", "from"],
		["limit=0", "limit"],
		["limit=10001", "limit"],
		["limit=-1", "limit"],
		["percentiles=maybe", "percentiles"],
		["colour=red", "colour"],
		["group_by=tag", "tag"],
		["tag_value=blue", "tag"],
		["tag=", "tag"],
		["group_by=end_user&from=2026-10-01", "from"],
	])("with `%s` is refused, naming the parameter", (query, param) => {
		try {
			ask(query);
		} catch (error) {
			if (!(error instanceof GatewayError)) throw error;
			expect(error.details).toMatchObject({ status: 400, param });
			return;
		}
		throw new Error("was accepted");
	});
});

test("the log's operation of a request is that of its face", () => {
	const faces = [
		...[anthropicMessages, openaiChat, openaiCompletions, openaiResponses],
		...[openaiEmbeddings, openaiImages, openaiModerations, rerank],
	];
	for (const { name, operation } of faces) {
		expect(CHAT_FACES.includes(name) ? "chat" : name).toBe(operation.name);
	}
});
