// The official clients of embeddings, which decode what they asked for whichever way it was sent, and of images.
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { OpenAIEmbeddings } from "@langchain/openai";
import { cosineSimilarity, embedMany, generateImage } from "ai";
import OpenAI, { toFile } from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEMO_KEY, Gateway, judged } from "./gateway";
import { PNG } from "./pictures";

/** A model that is asked for base64, and two that know numbers alone. */
const MODELS = [
	["openai/text-embedding-3-small", 1536],
	["gemini/gemini-embedding-001", 3072],
	["workers-ai/@cf/baai/bge-m3", 1024],
] as const;
const TEXTS = ["The cat sat on the mat", "A cat is sitting on a mat", "Revenue grew by nine percent"];

let gateway: Gateway;
beforeAll(async () => {
	gateway = await Gateway.start();
});
afterAll(() => gateway?.stop());

/** The first two texts say the like, and the third something else. */
function expectNear(vectors: readonly number[][], dimensions: number): void {
	const [cat, sitting, revenue] = vectors as [number[], number[], number[]];
	for (const vector of [cat, sitting, revenue]) {
		expect(vector).toHaveLength(dimensions);
		expect(Math.hypot(...vector)).toBeCloseTo(1, 4);
	}
	expect(cosineSimilarity(cat, sitting)).toBeGreaterThan(cosineSimilarity(cat, revenue) + 0.2);
}

describe.each(MODELS)("embeddings of %s", (model, dimensions) => {
	it("are read by openai, which asks for base64 unless it is told not to", async () => {
		const client = new OpenAI({ baseURL: gateway.v1, apiKey: DEMO_KEY, maxRetries: 0, fetch: judged });
		const usual = await client.embeddings.create({ model, input: TEXTS });
		expectNear(
			usual.data.map(({ embedding }) => embedding),
			dimensions,
		);
		expect(usual.usage.total_tokens).toBeGreaterThan(0);
		const floats = await client.embeddings.create({ model, input: TEXTS, encoding_format: "float" });
		expect(floats.data.map(({ embedding }) => embedding.map(Math.fround))).toEqual(
			usual.data.map(({ embedding }) => [...embedding]),
		);
	});

	it("are read by LangChain", async () => {
		const client = new OpenAIEmbeddings({
			model,
			apiKey: DEMO_KEY,
			maxRetries: 0,
			configuration: { baseURL: gateway.v1, fetch: judged },
		});
		expectNear(await client.embedDocuments(TEXTS), dimensions);
	});

	it("are read by the AI SDK", async () => {
		const tollgate = createOpenAICompatible({ name: "tollgate", baseURL: gateway.v1, apiKey: DEMO_KEY, fetch: judged });
		const { embeddings, usage } = await embedMany({
			model: tollgate.embeddingModel(model),
			values: TEXTS,
			maxRetries: 0,
		});
		expectNear(embeddings, dimensions);
		expect(usage.tokens).toBeGreaterThan(0);
	});
});

it("reranks are reached through openai, which has no method for them", async () => {
	const client = new OpenAI({ baseURL: gateway.v1, apiKey: DEMO_KEY, maxRetries: 0 });
	const model = "siliconflow/BAAI/bge-reranker-v2-m3";
	const { results } = await client.post<{ results: { index: number; relevance_score: number }[] }>("/rerank", {
		body: { model, query: "Where does the cat sit?", documents: TEXTS.toReversed(), top_n: 2 },
	});
	expect(results.map(({ index }) => index).toSorted()).toEqual([1, 2]);
});

it("moderations are read by openai: texts one by one, and the parts of one input together", async () => {
	const client = new OpenAI({ baseURL: gateway.v1, apiKey: DEMO_KEY, maxRetries: 0, fetch: judged });
	const texts = await client.moderations.create({ input: ["Good morning", "I will kill the process"] });
	expect(texts.results.map(({ flagged, categories }) => [flagged, categories.violence])).toEqual([
		[false, false],
		[true, true],
	]);
	const { results } = await client.moderations.create({
		model: "omni-moderation-latest",
		input: [
			{ type: "text", text: "Good morning" },
			{ type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } },
		],
	});
	expect(results).toHaveLength(1);
	expect(results[0]?.category_applied_input_types.violence).toEqual(["text", "image"]);
});

describe("images", () => {
	it("are read by openai, and refused as it expects", async () => {
		const client = new OpenAI({ baseURL: gateway.v1, apiKey: DEMO_KEY, maxRetries: 0, fetch: judged });
		const model = "openai/gpt-image-2";
		const { data = [], usage } = await client.images.generate({ model, prompt: "A lighthouse", n: 2, quality: "low" });
		expect(data).toHaveLength(2);
		for (const { b64_json } of data) expect(Buffer.from(b64_json ?? "", "base64").toString("latin1", 1, 4)).toBe("PNG");
		expect(usage?.output_tokens).toBe(544);
		const refused = client.images.generate({ model, prompt: "A lighthouse", size: "9x9" as "auto" });
		await expect(refused).rejects.toMatchObject({ status: 400, param: "size" });
	});

	it("are changed and streamed as openai asks for them", async () => {
		const client = new OpenAI({ baseURL: gateway.v1, apiKey: DEMO_KEY, maxRetries: 0, fetch: judged });
		const source = await toFile(Buffer.from(PNG, "base64"), "dot.png", { type: "image/png" });
		const asked = { model: "openai/gpt-image-2", prompt: "At night", quality: "low" } as const;
		const { data = [], usage } = await client.images.edit({ ...asked, image: [source, source], mask: source });
		expect([data.length, usage?.input_tokens_details?.image_tokens]).toEqual([1, 3 * 258]);
		const types: string[] = [];
		for await (const event of await client.images.edit({ ...asked, image: source, stream: true, partial_images: 1 })) {
			types.push(event.type);
		}
		for await (const event of await client.images.generate({ ...asked, stream: true, partial_images: 1 })) {
			types.push(event.type);
		}
		expect(types).toEqual([
			...["image_edit.partial_image", "image_edit.completed"],
			...["image_generation.partial_image", "image_generation.completed"],
		]);
	});

	it.each(["openai/gpt-image-2", "gemini/gemini-2.5-flash-image"])(
		"are read by ai of %s, drawn and changed",
		async (model) => {
			const tollgate = createOpenAICompatible({
				name: "tollgate",
				baseURL: gateway.v1,
				apiKey: DEMO_KEY,
				fetch: judged,
			});
			const painter = tollgate.imageModel(model);
			const drawn = await generateImage({
				model: painter,
				prompt: "A lighthouse",
				n: 2,
				size: "1536x1024",
				maxRetries: 0,
			});
			expect(drawn.images.map(({ mediaType }) => mediaType)).toEqual(["image/png", "image/png"]);
			const prompt = { text: "At night", images: [Buffer.from(PNG, "base64")] };
			const changed = await generateImage({ model: painter, prompt, maxRetries: 0 });
			expect(changed.image.uint8Array.subarray(1, 4)).toEqual(new TextEncoder().encode("PNG"));
		},
	);
});
