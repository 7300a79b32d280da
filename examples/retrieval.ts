// Retrieval: texts are indexed by their embeddings, the nearest are reranked, and the best answers a question. Run: npx node examples/retrieval.ts
import OpenAI from "openai";

const client = new OpenAI({
	baseURL: process.env.TOLLGATE_URL ?? "http://localhost:8787/v1",
	apiKey: process.env.TOLLGATE_KEY ?? "test-key-123",
});
const TEXTS = [
	"Budgets are held before a request is sent and settled after it.",
	"A circuit keeps requests away from a provider that is down.",
	"Keys are revoked at once, whatever caches remember.",
	"Penguins are birds that swim better than they walk.",
];

async function embed(input: string[]): Promise<number[][]> {
	const { data } = await client.embeddings.create({ model: "openai/text-embedding-3-small", input });
	return data.map(({ embedding }) => embedding);
}

/** Vectors have a length of one, so that this is the cosine of the angle between them. */
function likeness(a: number[], b: number[]): number {
	return a.reduce((sum, number, at) => sum + number * (b[at] ?? 0), 0);
}

const index = await embed(TEXTS);
const question = "Which birds swim?";
const [asked] = await embed([question]);
const found = TEXTS.map((text, at) => ({ text, score: likeness(asked ?? [], index[at] ?? []) })).sort(
	(a, b) => b.score - a.score,
);
const nearest = found.slice(0, 3).map(({ text }) => text);

/** The SDK has no method for it: a model that reads the question and a text together, and judges them better. */
const reranked = await client.post<{ results: { index: number; relevance_score: number }[] }>("/rerank", {
	body: { model: "siliconflow/BAAI/bge-reranker-v2-m3", query: question, documents: nearest, top_n: 2 },
});
const best = reranked.results.map(({ index, relevance_score: score }) => ({ score, text: nearest[index] }));
for (const { text, score } of best) process.stdout.write(`${score.toFixed(3)} ${text}\n`);

const messages = [
	{ role: "system" as const, content: `Answer from this alone: ${best[0]?.text}` },
	{ role: "user" as const, content: question },
];
const { choices } = await client.chat.completions.create({ model: "openai/gpt-4o-mini", messages });
process.stdout.write(`${choices[0]?.message.content}\n`);
