// LangChain, by its package for OpenAI. Run: npx node examples/langchain.ts
import { ChatOpenAI } from "@langchain/openai";

const chat = (model: string) =>
	new ChatOpenAI({
		model,
		apiKey: process.env.TOLLGATE_KEY ?? "test-key-123",
		configuration: { baseURL: process.env.TOLLGATE_URL ?? "http://localhost:8787/v1" },
	});

const answer = await chat("openai/gpt-4o-mini").invoke("Hello AI!");
process.stdout.write(`${answer.text}\n`);
// LangChain keeps OpenAI's fields and drops what it does not know; the gateway's log has the cost.
process.stdout.write(`tokens: ${JSON.stringify(answer.usage_metadata)}\n`);

for await (const piece of await chat("anthropic/claude-haiku-5-5").stream("Hello AI!"))
	process.stdout.write(piece.text);
process.stdout.write("\n");
