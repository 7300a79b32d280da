// What the simulator's vendors say is passed on in a form that the judges of each protocol accept, and still says it.
import { describe, expect, it } from "vitest";
import type { Model } from "#catalog/model";
import { anthropicMessages } from "#faces/anthropic-messages/index";
import { openaiResponses } from "#faces/openai-responses/index";
import type { JsonObject } from "#lib/json";
import { answer } from "#simulator/model/model-behaviour";
import { answerUsage } from "#simulator/model/usage";
import { MessageRules } from "#test/oracle/messages";
import { ResponsesStreamRules } from "#test/oracle/responses-stream";
import { type Asking, eventsIn, requestId, served } from "#test/support/served";
import { ADAPTERS, MODELS, seatOf } from "#test/unit/simulator/exchange";

const UTF_8 = new TextEncoder();
const CITY = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const weather = "What is the weather in Oslo? Use the get_weather tool.";

/** What is asked in each protocol. */
const FACES = {
	messages: {
		face: anthropicMessages,
		path: "/messages",
		asked: {
			text: { max_tokens: 2000, messages: [{ role: "user", content: "Tell me: Grüße, 世界 🙂" }] },
			tools: {
				max_tokens: 2000,
				messages: [{ role: "user", content: weather }],
				tools: [{ name: "get_weather", input_schema: CITY }],
			},
		},
	},
	responses: {
		face: openaiResponses,
		path: "/responses",
		asked: {
			text: { input: "Tell me: Grüße, 世界 🙂" },
			tools: { input: weather, tools: [{ type: "function", name: "get_weather", parameters: CITY, strict: false }] },
		},
	},
} as const;

/** The answer of a model at the simulator, passed on. */
async function passed(model: Model, name: keyof typeof FACES, body: object): Promise<string> {
	const { face, path } = FACES[name];
	const adapter = ADAPTERS[model.provider];
	if (adapter === undefined) throw new Error(`no adapter for ${model.provider}`);
	const asking: Asking<never> = { face: face as never, adapter, body: { model: "m", stream: true, ...body }, model };
	const seat = seatOf(model, `https://simulator/${model.provider}/${adapter.version}${path}`);
	const frames: string[] = [];
	const answered = await served(
		asking,
		(sent: JsonObject) => {
			const play = seat.wire.read(sent, seat);
			const drafts = answer(play.question);
			for (const { text } of play.frames({ drafts, usage: answerUsage(play.input, drafts), cost: 0 }))
				frames.push(text);
			return frames.map((text) => UTF_8.encode(text));
		},
		true,
	);
	if (typeof answered === "string") throw new Error(answered);
	// All but the last events are as they came.
	expect(answered.text.startsWith(frames.slice(0, -2).join(""))).toBe(true);
	return answered.text;
}

const claudes = MODELS.filter(({ provider }) => provider === "anthropic");
const gpts = MODELS.filter(({ provider, id }) => provider === "openai" && /^gpt-(?:4\.1|5|6)/.test(id));

describe.each(["text", "tools"] as const)("an answer of %s", (kind) => {
	it.each(claudes)("of $id keeps the rules of Messages", async (model) => {
		const text = await passed(model, "messages", FACES.messages.asked[kind]);
		const rules = new MessageRules(requestId);
		rules.push(text);
		rules.end();
		expect(eventsIn(text).at(-2)?.data).toMatchObject({ usage: { cost: expect.any(Number) } });
	});

	it.each(gpts)("of $id keeps the rules of Responses", async (model) => {
		const text = await passed(model, "responses", FACES.responses.asked[kind]);
		const rules = new ResponsesStreamRules(requestId);
		rules.push(text);
		rules.end();
		expect(eventsIn(text).at(-1)?.data).toMatchObject({ response: { usage: { cost: expect.any(Number) } } });
	});
});
