import { describe, expect, it } from "vitest";
import { audioFacts } from "#lib/audio/length";
import { FormFile } from "#lib/form-fields";
import { images } from "#operations/images/index";
import type { Operation } from "#operations/operation";
import { speech } from "#operations/speech/index";
import { transcription } from "#operations/transcription/index";
import { DEFAULT_RULES } from "#router/ranking/default-rules";
import { route } from "#router/route";
import type { RouteRequest } from "#router/route-request";
import { aliasOf, directoryOf, order, reasons, refusal, routeRequestOf, type Sketch, viewOf } from "./world";

/** Two models of one kind, the second of which can do more and costs more. */
interface World {
	readonly operation: Operation;
	readonly few: Sketch;
	readonly many: Sketch;
	/** What only the second can do, what neither can, and the word for it. */
	readonly asked: object;
	readonly beyond: object;
	readonly what: string;
}

const drawn = { stream: false, task: "generation", prompt: "A", pictures: [], extensions: {}, providerExtensions: {} };
const said = { stream: true, input: "A", extensions: {}, providerExtensions: {} };
const bytes = new Uint8Array(9);
const heard = {
	...{ stream: false, translates: false, file: new FormFile("a.wav", null, bytes), facts: audioFacts(bytes) },
	...{ timestamps: [], extensions: {}, providerExtensions: {} },
};
const draws = (sizes: string[]): Sketch => ({ model: { output: ["image"], traits: { sizes } } });
const speaks = (voices: string[]): Sketch => ({ model: { output: ["speech"], traits: { voices } } });
const hears = (languages: string[]): Sketch => ({
	model: { input: ["audio"], output: ["transcript"], traits: { languages, timestamps: [] } },
});

const WORLDS: Readonly<Record<string, World>> = {
	"the size of an image": {
		operation: images as unknown as Operation,
		few: draws(["1024x1024"]),
		many: { ...draws(["1024x1024", "512x512"]), input: 9 },
		asked: { ...drawn, size: "512x512" },
		beyond: { ...drawn, size: "640x480" },
		what: "size",
	},
	"a voice": {
		operation: speech as unknown as Operation,
		few: speaks(["ann"]),
		many: { ...speaks(["ann", "bob"]), input: 9 },
		asked: { ...said, voice: "bob" },
		beyond: { ...said, voice: "eve" },
		what: "voice",
	},
	"a language": {
		operation: transcription as unknown as Operation,
		few: hears(["en"]),
		many: { ...hears(["en", "zh"]), input: 9 },
		asked: { ...heard, language: "zh" },
		beyond: { ...heard, language: "fr" },
		what: "language",
	},
};

describe.each(Object.entries(WORLDS))("%s", (_, { operation, few, many, asked, beyond, what }) => {
	const names = ["a/few", "b/many"];
	const directory = directoryOf({ "a/few": few, "b/many": many }, [
		aliasOf("first", names),
		aliasOf("cheap", names, { strategy: "auto", optimize: "cost" }),
		aliasOf("fast", names, { strategy: "auto", optimize: "latency" }),
	]);
	const routed = (name: string, request: object) =>
		routeRequestOf(name, { operation, request: request as RouteRequest["request"] });

	it.each(["auto", "first", "cheap", "fast"])("decides who serves by `%s`, whatever that prefers", (name) => {
		const plan = route(routed(name, asked), viewOf(directory));
		expect(order(plan)).toEqual(["b/many"]);
		expect(reasons(plan)).toEqual({ "a/few": `capability:${what}` });
	});

	it.each(["auto", "first", "cheap"])("is named for each model where none has it, by `%s`", (name) => {
		const refused = refusal(routed(name, beyond), viewOf(directory));
		expect([refused.status, refused.code]).toEqual([400, "no_candidate"]);
		for (const target of names) expect(refused.message).toContain(`${target} (capability:${what})`);
	});
});

it("`auto` chooses among all that serve where its pool only chats, and within its pool where that serves", () => {
	const directory = directoryOf({
		"a/chats": {},
		"a/draws": { model: { output: ["image"] } },
		"b/draws": { model: { output: ["image"] } },
	});
	const request = drawn as unknown as RouteRequest["request"];
	const asked = routeRequestOf("auto", { operation: images as unknown as Operation, request });
	const among = (pool: string[]) => order(route(asked, viewOf(directory, { rules: { ...DEFAULT_RULES, pool } })));
	expect(among(["a/chats"]).toSorted()).toEqual(["a/draws", "b/draws"]);
	expect(among(["a/chats", "b/draws"])).toEqual(["b/draws"]);
	const chatted = route(routeRequestOf("auto"), viewOf(directory, { rules: { ...DEFAULT_RULES, pool: ["a/chats"] } }));
	expect([order(chatted), reasons(chatted)]).toEqual([["a/chats"], {}]);
});

it("how many pictures an image is made from decides too, and whether it is made from none", () => {
	const sees = { input: ["text", "image"], output: ["image"] } as const;
	const directory = directoryOf(
		{
			"a/one": { model: { ...sees, traits: { max_pictures: 1 } } },
			"b/edits": { model: { ...sees, traits: { edits_only: true } } },
		},
		[aliasOf("both", ["a/one", "b/edits"])],
	);
	const picture = { name: "a.png", type: "image/png", bytes };
	const planned = (pictures: object[]) => {
		const request = { ...drawn, pictures } as RouteRequest["request"];
		return order(
			route(routeRequestOf("both", { operation: images as unknown as Operation, request }), viewOf(directory)),
		);
	};
	expect(planned([])).toEqual(["a/one"]);
	expect(planned([picture])).toEqual(["a/one", "b/edits"]);
	expect(planned([picture, picture])).toEqual(["b/edits"]);
});
