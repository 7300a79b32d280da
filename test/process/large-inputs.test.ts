// Several of the largest requests at once: how many are let in, what is held of them, and what the others hear.
import { afterAll, beforeAll, expect, it } from "vitest";
import { MAX_LARGE_BODIES_BYTES } from "#gateway/large-bodies";
import { DEMO_KEY, Gateway, judged } from "./gateway";
import { runtimeMemory } from "./memory";

const MIB = 1024 * 1024;
/** Bytes of one picture; base64 makes 18 MiB of them. */
const PICTURE_BYTES = 13.5 * MIB;
/** The largest file of a form. */
const FILE_BYTES = 25_000_000;
const SAMPLE_MS = 25;

let gateway: Gateway;
beforeAll(async () => {
	gateway = await Gateway.start();
	await gateway.watch("openai");
});
afterAll(() => gateway?.stop());

interface Asked {
	readonly path: string;
	readonly body: string | FormData;
}

interface Heard {
	readonly status: number;
	readonly text: string;
	readonly headers: Headers;
}

const question = JSON.stringify({
	model: "openai/gpt-5.4-mini",
	max_completion_tokens: 20,
	messages: [
		{
			role: "user",
			content: [
				{ type: "text", text: "What is this? 漢" },
				{ type: "image_url", image_url: { url: `data:image/png;base64,${"A".repeat((PICTURE_BYTES / 3) * 4)}` } },
			],
		},
	],
});

function formOf(file: File, fields: Record<string, string>, name = "file"): FormData {
	const form = new FormData();
	form.append(name, file);
	for (const [field, value] of Object.entries(fields)) form.append(field, value);
	return form;
}

/** Sends half of the question, and leaves once the connection has taken it. */
async function leaveHalfway(): Promise<void> {
	const bytes = new TextEncoder().encode(question);
	const leaving = new AbortController();
	const halves = [() => bytes.subarray(0, bytes.length / 2), () => leaving.abort()].values();
	const body = new ReadableStream<Uint8Array>(
		{
			pull(controller) {
				const half = halves.next().value?.();
				if (half !== undefined) controller.enqueue(half);
			},
		},
		{ highWaterMark: 0 },
	);
	const asked = fetch(`${gateway.v1}/chat/completions`, {
		method: "POST",
		headers: { authorization: `Bearer ${DEMO_KEY}`, "content-type": "application/json" },
		body,
		duplex: "half",
		signal: leaving.signal,
	} as RequestInit);
	await expect(asked).rejects.toThrow();
}

function recording(): File {
	const sound = new Uint8Array(FILE_BYTES);
	const head = new DataView(sound.buffer);
	sound.set(new TextEncoder().encode("RIFF\0\0\0\0WAVEfmt "));
	// 16-bit samples of two channels, 48,000 a second: not half an hour.
	const fields = [16, 0x0002_0001, 48_000, 192_000, 0x0010_0004, 0x6174_6164, sound.byteLength - 44];
	for (const [at, value] of fields.entries()) head.setUint32(16 + at * 4, value, true);
	return new File([sound], "speech.wav", { type: "audio/wav" });
}

function picture(): File {
	const bytes = new Uint8Array(FILE_BYTES);
	bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
	return new File([bytes], "large.png", { type: "image/png" });
}

async function ask({ path, body }: Asked): Promise<Heard> {
	const response = await judged(gateway.v1 + path, {
		method: "POST",
		headers: {
			authorization: `Bearer ${DEMO_KEY}`,
			...(typeof body === "string" && { "content-type": "application/json" }),
		},
		body,
	});
	return { status: response.status, text: await response.text(), headers: response.headers };
}

/** What the gateway's isolate holds of large bodies, in bytes. */
async function held(): Promise<{ bytes: number; peak_bytes: number }> {
	const seen = await gateway.call("/_simulator/isolate");
	return ((await seen.json()) as { large_bodies: { bytes: number; peak_bytes: number } }).large_bodies;
}

/**
 * Asks the same several times at once. All are answered or put off, nothing is held beyond what is admitted, and
 * nothing is held any more behind them. Returns what was answered.
 */
async function crowd(what: string, asked: Asked, callers: number): Promise<Heard[]> {
	// Answers come late, so that the requests meet.
	await gateway.fault({ provider: "openai", fault: "latency", ms: 700 });
	const before = await runtimeMemory(gateway.group);
	let peak = 0;
	const sampling = setInterval(async () => {
		peak = Math.max(peak, (await runtimeMemory(gateway.group)) ?? 0);
	}, SAMPLE_MS);
	const heard = await Promise.all(Array.from({ length: callers }, () => ask(asked)));
	clearInterval(sampling);
	await gateway.fault();
	const answered = heard.filter(({ status }) => status === 200);
	const refused = heard.filter(({ status }) => status === 503);
	expect(answered.length + refused.length, JSON.stringify(heard.map(({ status }) => status))).toBe(callers);
	expect(answered.length).toBeGreaterThan(0);
	for (const { headers } of refused) {
		expect([headers.get("retry-after"), headers.get("x-request-id")]).toEqual(["1", expect.stringMatching(/^req_/)]);
	}
	await expect.poll(async () => (await held()).bytes, { timeout: 5_000, interval: 50 }).toBe(0);
	const { peak_bytes } = await held();
	expect(peak_bytes).toBeLessThanOrEqual(MAX_LARGE_BODIES_BYTES);
	process.stdout.write(
		`${callers} ${what} at once: ${answered.length} answered, ${refused.length} put off; ${(peak_bytes / MIB).toFixed(1)} of ${MAX_LARGE_BODIES_BYTES / MIB} MiB were held at the peak, and the runtime had ${before?.toFixed(0)} MiB before and ${peak.toFixed(0)} MiB at the peak\n`,
	);
	return answered;
}

it("of several large requests at once two are held at a time, and a caller that leaves takes no room with it", {
	timeout: 120_000,
}, async () => {
	const asked: Asked = { path: "/chat/completions", body: question };
	const answered = await crowd(`requests of ${(question.length / MIB).toFixed(1)} MiB`, asked, 6);
	expect(answered.length).toBeLessThan(6);

	// Had it kept its room, no two could be served at once.
	await leaveHalfway();
	const both = async () => (await Promise.all([ask(asked), ask(asked)])).map(({ status }) => status);
	await expect.poll(both, { timeout: 20_000, interval: 200 }).toEqual([200, 200]);
});

it.each([
	[
		"recordings of 25 MB",
		"/audio/transcriptions",
		() => formOf(recording(), { model: "openai/whisper-1" }),
		"130.2 seconds",
	],
	[
		"edits of a picture of 25 MB",
		"/images/edits",
		() => formOf(picture(), { model: "openai/gpt-image-2", prompt: "At night", quality: "low" }, "image"),
		"b64_json",
	],
] as const)(
	"of several %s at once each is held once and sent on, or put off, and what is held is let go",
	{
		timeout: 120_000,
	},
	async (what, path, form, expected) => {
		const asked = { path, body: form() };
		for (const { text } of await crowd(what, asked, 4)) expect(text).toContain(expected);
		await expect.poll(async () => (await ask(asked)).status, { timeout: 20_000, interval: 200 }).toBe(200);
	},
);
