// The official clients of everything beside chat: embeddings, which are decoded whichever way they were sent, reranks,
// moderations, images and videos; and OpenAI's own client for Python, of all that it has.
import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { OpenAIEmbeddings } from "@langchain/openai";
import { OpenAIEmbedding } from "@llamaindex/openai";
import { cosineSimilarity, embedMany, generateImage } from "ai";
import OpenAI, { toFile } from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEMO_KEY, Gateway, judged } from "./gateway";
import { PNG } from "./pictures";
import { hasPackage, PYTHON } from "./python";

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

	it("are read by LlamaIndex", async () => {
		const client = new OpenAIEmbedding({ model, apiKey: DEMO_KEY, baseURL: gateway.v1, maxRetries: 0 });
		expectNear(await client.getTextEmbeddings(TEXTS), dimensions);
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

// The one waits until the gateway asks a vendor again, and the other for Python.
it.concurrent("videos are begun, polled, listed, read and deleted by openai", async () => {
	const client = new OpenAI({ baseURL: gateway.v1, apiKey: DEMO_KEY, maxRetries: 0, fetch: judged });
	const asked = { model: "gemini/veo-3.1-generate-preview", prompt: "A lighthouse at dusk [[soon]]" } as never;
	const begun = await client.videos.create(asked);
	expect(begun).toMatchObject({ object: "video", status: "queued" });
	await expect(client.videos.downloadContent(begun.id)).rejects.toMatchObject({ status: 409 });
	const shown = () => client.videos.retrieve(begun.id);
	await expect.poll(shown, { timeout: 20_000, interval: 200 }).toMatchObject({ status: "completed", progress: 100 });
	const listed = [];
	for await (const each of client.videos.list()) listed.push(each.id);
	expect(listed).toContain(begun.id);
	const file = new Uint8Array(await (await client.videos.downloadContent(begun.id)).arrayBuffer());
	expect(new TextDecoder("latin1").decode(file.slice(4, 8))).toBe("ftyp");
	expect(await client.videos.delete(begun.id)).toMatchObject({ id: begun.id, deleted: true });
	await expect(client.videos.retrieve(begun.id)).rejects.toMatchObject({ status: 404 });
});

const hasPython = hasPackage("openai", "openai for Python");
it.skipIf(!hasPython).concurrent("openai for Python reads all that it has a method for", async () => {
	await gateway.call("/_simulator/batches", { method: "PUT", body: { ms: 0 } });
	const env = { ...process.env, TOLLGATE_URL: gateway.v1, TOLLGATE_KEY: DEMO_KEY };
	const script = path.join(import.meta.dirname, "openai_shapes.py");
	const { stdout } = await promisify(execFile)(PYTHON, [script], { env });
	const said = expect.stringContaining("Grüße, 世界");
	const heard = expect.stringContaining("1.6 seconds");
	const png = "iVBORw0K";
	expect(JSON.parse(stdout)).toEqual({
		...{ chat: said, "chat streamed": said, models: expect.any(Number) },
		...{ completion: expect.stringContaining("one"), response: expect.stringContaining("one") },
		"response streamed": expect.stringContaining("one"),
		...{ embeddings: [1536, 1536], "embeddings differ by": expect.closeTo(0, 6), moderations: [false, true] },
		...{
			images: [png, png],
			edit: png,
			"image events": ["image_generation.partial_image", "image_generation.completed"],
		},
		...{ speech: ["RIFF", "WAVE"], "speech streamed": true, words: true },
		...{
			transcription: heard,
			"transcription streamed": heard,
			subtitles: expect.stringContaining("00:00:00,000 --> "),
		},
		...{ file: ["lines.jsonl", "batch", true], files: true, "file deleted": true },
		...{ batch: ["completed", "one", 200], batches: true },
		...{ video: ["queued", true, "4"], videos: true, "video deleted": true },
		mistakes: {
			size: ["BadRequestError", expect.any(String)],
			file: ["NotFoundError", "file_not_found"],
			video: ["NotFoundError", "video_not_found"],
			key: ["AuthenticationError", "invalid_api_key"],
		},
	});
});
