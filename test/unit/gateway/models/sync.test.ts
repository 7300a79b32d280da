import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Model } from "#catalog/model";
import { addedModels } from "#catalog/override";
import { UpstreamError } from "#core/fault";
import { acceptedOf, withAccepted } from "#gateway/models/apply";
import { difference } from "#gateway/models/difference";
import { withLearnt } from "#gateway/models/learnt-models";
import { type ReadList, readList } from "#gateway/models/read-list";
import type { ModelLister } from "#providers/model-lists/list-page";
import { openaiModels } from "#providers/model-lists/listers";
import { openaiCompatible } from "#providers/openai-chat/index";
import type { Provider } from "#providers/provider";
import { learntBody, learntOf, NOTHING_LEARNT } from "#store/config/document-kinds";
import { modelOf } from "#test/unit/providers/native";

const BASE = modelOf("openai", "gpt-4.1");
const priced = (id: string, input: number | null, aliases: string[] = []): Model => ({
	...BASE,
	id,
	aliases,
	prices:
		input === null
			? []
			: [{ from: 0, price: { input: input * 1e6, output: 2e6, cacheRead: 1e6, cacheWrite: 1e6, cacheWriteHour: 1e6 } }],
});
const known = (models: readonly Model[], more: { hidden?: string[]; byAdmin?: string[] } = {}) => ({
	models,
	named: () => null,
	isKnown: (id: string) => more.hidden?.includes(id) ?? false,
	isSetByAdmin: (id: string) => more.byAdmin?.includes(id) ?? false,
});
const list = (entries: Record<string, number | null>, isCut = false): ReadList => ({
	models: Object.entries(entries).map(([id, input]) => ({
		id,
		fields: input === null ? {} : { prices: [{ input, output: 2 }] },
	})),
	skipped: 0,
	others: 0,
	isCut,
});

describe("a list that differs", () => {
	it("says what is new, gone, dearer and cheaper, by any name of a model", () => {
		const thought = known([
			priced("a", 1, ["a-dated"]),
			priced("b", 1),
			priced("c", 1),
			priced("d", null),
			priced("e", 1),
		]);
		const found = difference(thought, list({ "A-Dated": 9, b: 2, c: 0.5, d: 1, f: null }), 0);
		expect(found.new.map(({ id }) => id)).toEqual(["f"]);
		expect(found.gone).toEqual(["e"]);
		expect(found.dearer.map(({ id }) => id)).toEqual(["b", "d"]);
		expect(found.cheaper.map(({ id }) => id)).toEqual(["c"]);
		expect(found.dearer[1]).toMatchObject({ before: null, after: { input: 1, output: 2 } });
	});

	it("of which there was more says nothing of what is gone", () => {
		expect(difference(known([priced("a", 1)]), list({ b: 1 }, true), 0).gone).toEqual([]);
	});

	it("does not bring back what an admin hid, and does not touch a price that an admin set", () => {
		const found = difference(known([priced("a", 1)], { hidden: ["b"], byAdmin: ["a"] }), list({ a: 2, b: 1 }), 0);
		expect(found.new).toEqual([]);
		expect(found.dearer).toMatchObject([{ id: "a", setByAdmin: true }]);
		expect(acceptedOf(found, { dearer: true }).dearer).toEqual([]);
	});
});

it("what is accepted is what the next list is compared with: accepting all leaves no difference", () => {
	const ids = fc.constantFrom("a", "b", "c", "d", "e");
	const entries = fc.dictionary(ids, fc.option(fc.integer({ min: 0, max: 5 })), { minKeys: 1 });
	const all = { new: true, gone: true, dearer: true, cheaper: true } as const;
	fc.assert(
		fc.property(entries, fc.array(entries, { minLength: 1, maxLength: 4 }), (first, lists) => {
			const catalog = Object.entries(first).map(([id, input]) => ({
				id,
				prices: input === null ? [] : [{ input, output: input }],
			}));
			let learnt = NOTHING_LEARNT;
			/** The models as they are served with what was learnt. */
			const served = () => addedModels(BASE.provider, catalog, withLearnt(new Map(), BASE.provider, learnt)).models;
			for (const entries of lists) {
				const found = difference(known(served()), list(entries), 0);
				// As it is stored and read again.
				learnt = learntOf({ body: learntBody(withAccepted(learnt, acceptedOf(found, all))) });
				expect(difference(known(served()), list(entries), 0)).toEqual({ new: [], gone: [], dearer: [], cheaper: [] });
			}
		}),
	);
});

describe("reading a list", () => {
	const read = (look: (path: string) => Response | Promise<Response>, lister: ModelLister = openaiModels) => {
		const provider = {
			name: "acme",
			adapter: openaiCompatible,
			credentials: [
				{
					look: async ({ path }: { path: string }) => look(path),
					conceal: (text: string) => text.replaceAll("sk-1", "[credential]"),
				},
			],
		} as unknown as Provider;
		return readList(provider, lister, () => 0);
	};
	const failure = async (look: Parameters<typeof read>[0]) => {
		try {
			await read(look);
		} catch (error) {
			if (error instanceof UpstreamError) return error.fault;
			throw error;
		}
		throw new Error("it was read");
	};
	it("gives up a provider that does not answer, or does not end, when its time is over", async () => {
		const hang = (signal: AbortSignal) =>
			new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
		const endless = (signal: AbortSignal) =>
			new Response(
				new ReadableStream({
					start: (controller) => {
						controller.enqueue(new TextEncoder().encode('{"data":['));
						signal.addEventListener("abort", () => controller.error(signal.reason));
					},
				}),
			);
		for (const answer of [hang, async (signal: AbortSignal) => endless(signal)]) {
			const credentials = [{ look: (_: unknown, signal: AbortSignal) => answer(signal), conceal: String }];
			const provider = { name: "acme", adapter: openaiCompatible, credentials } as unknown as Provider;
			const outcome = await readList(provider, openaiModels, () => 0, 5).catch((error: unknown) => error);
			expect(outcome).toMatchObject({ fault: { kind: "timeout", message: "the list did not come within 5 ms" } });
		}
	});

	const data = (...ids: unknown[]) => Response.json({ data: ids.map((id) => ({ id })) });

	it("takes each name once, in any case, and counts the rest", async () => {
		expect(await read(() => data("a", "A", 7, "b", "whisper-1"))).toMatchObject({
			models: [{ id: "a" }, { id: "b" }],
			skipped: 2,
			others: 1,
			isCut: false,
		});
	});

	it("has no model that is called as the credential, and no page with more entries than are looked at", async () => {
		expect(await read(() => data("sk-1", "a"))).toMatchObject({ models: [{ id: "a" }], skipped: 1 });
		expect(await failure(() => data(...Array.from({ length: 10_001 }, () => 7)))).toMatchObject({ kind: "malformed" });
	});

	it("ends at two thousand models, at twenty pages, and with a page that names itself", async () => {
		const many = await read(() => data(...Array.from({ length: 2_100 }, (_, at) => `m${at}`)));
		expect([many.models.length, many.skipped, many.isCut]).toEqual([2_000, 100, true]);
		const paged = (next: (page: string | null) => string): ModelLister => ({
			path: (page) => page ?? "first",
			read: (body) => ({ ...openaiModels.read(body), next: next((body as { page: string }).page) }),
		});
		let asked = 0;
		const answer = (page: string) => {
			asked++;
			return Response.json({ page, data: [{ id: `m${asked}` }] });
		};
		expect(
			await read(
				answer,
				paged((page) => `${page}+`),
			),
		).toMatchObject({ isCut: true, models: { length: 20 } });
		expect(asked).toBe(20);
		expect(
			(
				await read(
					answer,
					paged(() => "same"),
				)
			).models,
		).toHaveLength(2);
	});

	it("fails in the provider's words, without its credential", async () => {
		const refused = () =>
			Response.json({ error: { message: "bad key sk-1", code: "invalid_api_key" } }, { status: 401 });
		expect(await failure(refused)).toMatchObject({ kind: "credential", status: 401, message: "bad key [credential]" });
		expect(await failure(() => new Response("<html>"))).toMatchObject({ kind: "malformed" });
		expect(await failure(() => Response.json({ data: {} }))).toMatchObject({ kind: "malformed" });
		expect(await failure(() => data())).toMatchObject({ kind: "malformed" });
		expect(await failure(() => new Response("x".repeat(8_000_001)))).toMatchObject({ kind: "malformed" });
		expect(await failure(() => Promise.reject(new TypeError("10.0.0.7 refused")))).toEqual({
			kind: "connect",
			status: null,
			message: "the provider could not be reached",
		});
		expect(
			await failure(() => new Response(null, { status: 302, headers: { location: "http://10.0.0.7" } })),
		).toMatchObject({
			status: 302,
		});
	});
});
