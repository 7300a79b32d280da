// How each client is told to use the gateway; the same texts as in docs/clients.md.
export interface Snippet {
	readonly name: string;
	readonly text: string;
}

/** `origin` is the gateway's, `key` the key's text, `model` one that the key may use. */
export function snippetsFor(origin: string, key: string, model: string): readonly Snippet[] {
	const base = `${origin}/v1`;
	return [
		{
			name: "curl",
			text: `curl ${base}/chat/completions \\
  -H "Authorization: Bearer ${key}" -H "Content-Type: application/json" \\
  -d '{"model": "${model}", "messages": [{"role": "user", "content": "Hello"}]}'`,
		},
		{
			name: "Python",
			text: `from openai import OpenAI

client = OpenAI(base_url="${base}", api_key="${key}")
answer = client.chat.completions.create(
    model="${model}", messages=[{"role": "user", "content": "Hello"}]
)
print(answer.choices[0].message.content)`,
		},
		{
			name: "Node",
			text: `import OpenAI from "openai";

const client = new OpenAI({ baseURL: "${base}", apiKey: "${key}" });
const answer = await client.chat.completions.create({
  model: "${model}",
  messages: [{ role: "user", content: "Hello" }],
});
console.log(answer.choices[0].message.content);`,
		},
		{
			name: "AI SDK",
			text: `import { createOpenAI } from "@ai-sdk/openai";
import { generateText } from "ai";

const tollgate = createOpenAI({ baseURL: "${base}", apiKey: "${key}" });
const { text } = await generateText({ model: tollgate("${model}"), prompt: "Hello" });`,
		},
		{
			name: "LangChain",
			text: `import { ChatOpenAI } from "@langchain/openai";

const chat = new ChatOpenAI({
  model: "${model}",
  apiKey: "${key}",
  configuration: { baseURL: "${base}" },
});
console.log((await chat.invoke("Hello")).content);`,
		},
		{
			name: "Claude Code",
			text: `export ANTHROPIC_BASE_URL="${origin}"
export ANTHROPIC_AUTH_TOKEN="${key}"
claude`,
		},
		{
			name: "Codex",
			text: `# ~/.codex/config.toml
model = "${model}"
model_provider = "tollgate"

[model_providers.tollgate]
name = "Tollgate"
base_url = "${base}"
env_key = "TOLLGATE_API_KEY"
wire_api = "responses"

# then: export TOLLGATE_API_KEY="${key}"`,
		},
		{ name: "Cherry Studio", text: `API Host:  ${origin}\nAPI Key:   ${key}\nModel:     ${model}` },
		{ name: "NextChat", text: `Endpoint:  ${origin}\nAPI Key:   ${key}\nModel:     ${model}` },
		{ name: "Open WebUI", text: `URL:  ${base}\nKey:  ${key}` },
	];
}
