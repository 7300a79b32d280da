/** Providers that an admin added, over a real network: their protocols, where they take their key, and their lists. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Gateway } from "./gateway";

let gateway: Gateway;
beforeAll(async () => {
	gateway = await Gateway.start();
});
afterAll(() => gateway.stop());

interface Added {
	readonly name: string;
	readonly models_sync?: { readonly status: string; readonly listed: number };
}

/** Adds a provider that the simulator of this gateway plays, reached as any server is. */
async function add(path: string, fields: object): Promise<Added> {
	const base_url = `${gateway.url}/_simulator${path}`;
	return (await gateway.admin("POST", "/providers", { base_url, ...fields })) as unknown as Added;
}

async function say(model: string, more: object = {}): Promise<string> {
	const messages = [{ role: "user", content: "Hello." }];
	const response = await gateway.call("/v1/chat/completions", { body: { model, messages, ...more } });
	return `${response.status} ${await response.text()}`;
}

describe.each([
	["ollama", "/ollama/v1", "llama3.2:latest"],
	["vllm", "/vllm/v1", "Qwen/Qwen3-32B"],
	["lm-studio", "/lm-studio/v1", "qwen3-8b"],
])("%s on this machine", (preset, path, model) => {
	it("is asked for its models, and serves them whole and streamed", async () => {
		expect((await add(path, { preset })).models_sync).toMatchObject({ status: "ok", listed: 1 });
		const passing = { metadata: { trace: "1" }, store: false, verbosity: "low", temperature: 0, seed: 1 };
		for (const stream of [false, true]) {
			expect(await say(`${preset}/${model}`, { ...passing, stream })).toMatch(/^200 .*Hello/s);
		}
	});
});

describe.each([
	["anthropic", "/anthropic/v1", "x-api-key", "claude-haiku-5-5"],
	["gemini", "/gemini/v1beta", "x-goog-api-key", "gemini-3.1-flash-lite"],
	["openai-responses", "/openai/v1", "authorization", "gpt-4.1"],
	["openai-chat", "/groq/openai/v1", "authorization", "some-model"],
])("a server that speaks %s", (protocol, path, header, model) => {
	it("is given its key in the header that it takes, and no other", async () => {
		const models = [{ id: model, prices: [{ input: 1, output: 1 }] }];
		const given = { protocol, credential: "sk-of-the-server", models };
		const { name } = await add(path, { name: `speaks-${protocol}`, ...given });
		expect(await say(`${name}/${model}`)).toMatch(/^200 .*Hello/s);
		const wrong = header === "x-goog-api-key" ? "x-api-key" : "x-goog-api-key";
		const other = await add(path, { name: `misplaced-${protocol}`, ...given, credential_header: wrong });
		expect(await say(`${other.name}/${model}`)).toMatch(/^502 .*upstream_credential_refused/s);
	});
});

it("Azure is given its key as api-key", async () => {
	const models = [{ id: "my-deployment", prices: [{ input: 1, output: 1 }] }];
	await add("/azure-openai/openai/v1", { preset: "azure-openai", credential: "key-of-azure", models });
	expect(await say("azure-openai/my-deployment")).toMatch(/^200 .*Hello/s);
});
