// Vercel's AI SDK, by its package for servers that speak OpenAI's protocol. Run: npx node examples/ai-sdk.ts
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, streamText } from "ai";

const tollgate = createOpenAICompatible({
	name: "tollgate",
	baseURL: process.env.TOLLGATE_URL ?? "http://localhost:8787/v1",
	apiKey: process.env.TOLLGATE_KEY ?? "test-key-123",
	includeUsage: true,
});

const { text, usage } = await generateText({ model: tollgate("openai/gpt-4o-mini"), prompt: "Hello AI!" });
process.stdout.write(`${text}\n`);
// The SDK keeps what it does not know in `raw`: what the answer cost, in USD, is the gateway's.
process.stdout.write(`cost: ${usage.raw?.cost} USD\n`);

const { textStream } = streamText({ model: tollgate("anthropic/claude-haiku-5-5"), prompt: "Hello AI!" });
for await (const piece of textStream) process.stdout.write(piece);
process.stdout.write("\n");
