// OpenAI's own SDK: only the base URL and the key are the gateway's. Run: npx node examples/openai.ts
import OpenAI from "openai";

const client = new OpenAI({
	baseURL: process.env.TOLLGATE_URL ?? "http://localhost:8787/v1",
	apiKey: process.env.TOLLGATE_KEY ?? "test-key-123",
});
const messages = [{ role: "user" as const, content: "Hello AI!" }];

const { choices, usage } = await client.chat.completions.create({ model: "openai/gpt-4o-mini", messages });
process.stdout.write(`${choices[0]?.message.content}\n`);
// The gateway's own field beside OpenAI's: what the answer cost, in USD.
process.stdout.write(`cost: ${(usage as { cost?: number } | undefined)?.cost} USD\n`);

const stream = await client.chat.completions.create({ model: "anthropic/claude-haiku-5-5", messages, stream: true });
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? "");
process.stdout.write("\n");
