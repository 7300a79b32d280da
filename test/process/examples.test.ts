// Every file of `examples/` is run as its first comment says, against a gateway as `npm run dev` starts it.
import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { DEMO_KEY, Gateway } from "./gateway";
import { hasPackage, PYTHON } from "./python";

const EXAMPLES = path.join(import.meta.dirname, "../../examples");
const OF_PYTHON: readonly (readonly [file: string, needs: string])[] = [
	["openai_sdk.py", "openai"],
	["anthropic_sdk.py", "anthropic"],
];
const RETRIEVAL = "retrieval.ts";
const PROGRAMS: readonly (readonly [file: string, program: string])[] = [
	["curl.sh", "sh"],
	["openai.ts", process.execPath],
	["ai-sdk.ts", process.execPath],
	["langchain.ts", process.execPath],
];

let gateway: Gateway;
beforeAll(async () => {
	gateway = await Gateway.develop({ migrates: true });
});
beforeEach(() => gateway.call("/_simulator/billing", { method: "DELETE" }));
afterAll(() => gateway?.stop());

/** Runs an example and checks that it was answered whole by one vendor and streamed to by the other. */
async function expectAnswers(file: string, program: string): Promise<void> {
	const env = { ...process.env, TOLLGATE_URL: gateway.v1, TOLLGATE_KEY: DEMO_KEY };
	const { stdout } = await promisify(execFile)(program, [path.join(EXAMPLES, file)], { env });
	expect(stdout).toContain("You said “Hello AI!”.");
	const { providers } = await gateway.billing();
	const billed = Object.entries(providers).map(([name, { models }]) => [name, Object.keys(models)]);
	expect(Object.fromEntries(billed)).toEqual({ openai: ["gpt-4o-mini"], anthropic: ["claude-haiku-5-5"] });
}

it.each(PROGRAMS)("examples/%s runs, and is answered", expectAnswers);

it(`examples/${RETRIEVAL} finds the text that is about the question, and answers from it`, async () => {
	const env = { ...process.env, TOLLGATE_URL: gateway.v1, TOLLGATE_KEY: DEMO_KEY };
	const { stdout } = await promisify(execFile)(process.execPath, [path.join(EXAMPLES, RETRIEVAL)], { env });
	const [first, second, answer] = stdout.split("\n");
	expect(first).toMatch(/^0\.\d{3} Penguins are birds/);
	expect(Number(first?.slice(0, 5))).toBeGreaterThan(Number(second?.slice(0, 6)));
	expect(answer).toContain("Which birds swim?");
	const { providers } = await gateway.billing();
	expect(Object.keys(providers.openai?.models ?? {})).toEqual(["gpt-4o-mini", "text-embedding-3-small"]);
	expect(Object.keys(providers.siliconflow?.models ?? {})).toEqual(["BAAI/bge-reranker-v2-m3"]);
});

for (const [file, needs] of OF_PYTHON) {
	const isThere = hasPackage(needs, `examples/${file}`);
	it.skipIf(!isThere)(`examples/${file} runs, and is answered`, () => expectAnswers(file, PYTHON));
}

it("every example is run here", async () => {
	const files = (await readdir(EXAMPLES)).filter((name) => /\.(py|sh|ts)$/.test(name));
	expect(files.sort()).toEqual([...[...PROGRAMS, ...OF_PYTHON].map(([file]) => file), RETRIEVAL].sort());
});
