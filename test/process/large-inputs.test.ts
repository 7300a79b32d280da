import { afterAll, beforeAll, expect, it } from "vitest";
import { DEMO_KEY, Gateway, judged } from "./gateway";
import { runtimeMemory } from "./memory";

const MIB = 1024 * 1024;
/** Bytes of one picture; base64 makes 18 MiB of them. */
const PICTURE_BYTES = 13.5 * MIB;
const CALLERS = 6;
const SAMPLE_MS = 25;

let gateway: Gateway;
beforeAll(async () => {
	gateway = await Gateway.start();
});
afterAll(() => gateway?.stop());

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

async function ask(signal: AbortSignal | null = null): Promise<{ status: number; retryAfter: string | null }> {
	const response = await judged(`${gateway.v1}/chat/completions`, {
		method: "POST",
		headers: { authorization: `Bearer ${DEMO_KEY}`, "content-type": "application/json" },
		body: question,
		signal,
	});
	await response.text();
	return { status: response.status, retryAfter: response.headers.get("retry-after") };
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

it("of several large requests at once two are held at a time, and a caller that leaves takes no room with it", {
	timeout: 120_000,
}, async () => {
	await gateway.watch("openai");
	// Answers come late, so that the requests meet.
	await gateway.fault({ provider: "openai", fault: "latency", ms: 1_000 });
	const before = await runtimeMemory(gateway.group);
	let peak = 0;
	const sampling = setInterval(async () => {
		peak = Math.max(peak, (await runtimeMemory(gateway.group)) ?? 0);
	}, SAMPLE_MS);
	const answers = await Promise.all(Array.from({ length: CALLERS }, () => ask()));
	clearInterval(sampling);
	const answered = answers.filter(({ status }) => status === 200);
	const refused = answers.filter(({ status }) => status === 503);
	expect(answered.length + refused.length).toBe(CALLERS);
	expect(answered.length).toBeGreaterThan(0);
	expect(refused.length).toBeGreaterThan(0);
	for (const { retryAfter } of refused) expect(retryAfter).toBe("1");
	process.stdout.write(
		`${CALLERS} requests of ${(question.length / MIB).toFixed(1)} MiB at once: ${answered.length} answered, ${refused.length} put off; the runtime held ${before?.toFixed(0)} MiB before and ${peak.toFixed(0)} MiB at the peak\n`,
	);

	// Had it kept its room, no two could be served at once.
	await leaveHalfway();
	await gateway.fault();
	const both = async () => (await Promise.all([ask(), ask()])).map(({ status }) => status);
	await expect.poll(both, { timeout: 20_000, interval: 200 }).toEqual([200, 200]);
});

it("of several recordings of 25 MB at once each is held once and sent on, or put off, and what is held is let go", {
	timeout: 120_000,
}, async () => {
	await gateway.watch("openai");
	await gateway.fault({ provider: "openai", fault: "latency", ms: 500 });
	const sound = new Uint8Array(25_000_000);
	const head = new DataView(sound.buffer);
	sound.set(new TextEncoder().encode("RIFF\0\0\0\0WAVEfmt "));
	// 16-bit samples of two channels, 48,000 a second: not half an hour.
	const fields = [16, 0x0002_0001, 48_000, 192_000, 0x0010_0004, 0x6174_6164, sound.byteLength - 44];
	for (const [at, value] of fields.entries()) head.setUint32(16 + at * 4, value, true);
	const file = new Blob([sound], { type: "audio/wav" });
	const hear = async () => {
		const body = new FormData();
		body.append("file", file, "speech.wav");
		body.append("model", "openai/whisper-1");
		const headers = { authorization: `Bearer ${DEMO_KEY}` };
		const response = await judged(`${gateway.v1}/audio/transcriptions`, { method: "POST", headers, body });
		return { status: response.status, text: await response.text() };
	};
	const before = await runtimeMemory(gateway.group);
	let peak = 0;
	const sampling = setInterval(async () => {
		peak = Math.max(peak, (await runtimeMemory(gateway.group)) ?? 0);
	}, SAMPLE_MS);
	const answers = await Promise.all(Array.from({ length: 4 }, hear));
	clearInterval(sampling);
	const heard = answers.filter(({ status }) => status === 200);
	expect(answers.filter(({ status }) => status === 503)).toHaveLength(answers.length - heard.length);
	expect(heard.length).toBeGreaterThan(0);
	for (const { text } of heard) expect(text).toContain("130.2 seconds");
	process.stdout.write(
		`4 recordings of 25 MB at once: ${heard.length} heard, ${4 - heard.length} put off; the runtime held ${before?.toFixed(0)} MiB before and ${peak.toFixed(0)} MiB at the peak\n`,
	);
	await expect.poll(async () => (await hear()).status, { timeout: 20_000, interval: 200 }).toBe(200);
});
