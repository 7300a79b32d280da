import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CredentialId, KeyId, ProviderName, TeamId } from "#core/ids";
import type { EndedBatch } from "#core/key-object/settlement";
import { isStorable, MAX_BATCH_BYTES, mostStoredBytes } from "#core/usage/record-size";
import type { RequestRecord } from "#core/usage/request-record";
import { EMPTY_BATCH_CONTEXT } from "#durable-objects/api-key/ledger/batch-context";
import { entryOfBatch } from "#durable-objects/api-key/usage/usage-entries";
import type { Env } from "#env";
import { parseChat } from "#faces/openai-chat/parse";
import { RequestRecorder } from "#gateway/record/request-recorder";
import { Settlements } from "#gateway/spending/settlement";
import { checkLabels, labelsOf } from "#http/request/labels";
import { PLATFORM } from "#lib/platform";
import { byteLength } from "#lib/text-bytes";
import type { RoutePlan } from "#router/plan";
import { attemptRecord, requestId } from "#test/support/usage-records";

const KEY = "key_0123456789abcdef0123456789abcdef" as KeyId;
const TEAM = "team_0123456789abcdef0123456789abcdef" as TeamId;
/** What one bound value may have in D1, and a stored row. */
const ROW_BYTES = 2_000_000;
const LARGE = Number.MAX_SAFE_INTEGER;

/** One character and its size in UTF-8: those that JSON writes at its longest, at three and four bytes, and plainly. */
const CHARACTERS = ["\u0001", "\u4f60", "\u{1f600}", "\ud800", '"', "x"] as const;

const characters = (of: string, most: number): string => of.repeat(Math.floor(most / of.length));
const bytes = (of: string, most: number): string => of.repeat(Math.floor(most / byteLength(of)));
const asHeader = (value: unknown): string =>
	JSON.stringify(value).replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** The record of a request that names everything at the greatest length that is legal, as the chat route makes it. */
function longest(of: string): RequestRecord {
	const ascii = of === '"' ? of : "x";
	const metadata = Object.fromEntries(
		Array.from({ length: 16 }, (_, n) => [n.toString(16) + characters(of, 63), characters(of, 256)]),
	);
	const headers = new Headers({
		"x-title": ascii.repeat(9_000),
		"x-tollgate-session": "s".repeat(200),
		"helicone-user-id": ascii.repeat(9_000),
		"x-tollgate-metadata": asHeader(metadata),
	});
	checkLabels(headers);
	const model = characters(of, 256);
	const { request, preference: wanted } = parseChat(
		{
			model,
			models: Array.from({ length: 32 }, () => model),
			user: bytes(of, 512),
			safety_identifier: bytes(of, 512),
			messages: [{ role: "user", content: "Hi" }],
		},
		() => undefined,
	);
	const id = requestId(Date.now());
	let written: RequestRecord | null = null;
	const arrived = { requestId: id, at: LARGE, keyId: KEY, teamId: TEAM, face: "chat" };
	const recorder = new RequestRecorder(
		arrived,
		() => labelsOf(headers),
		(record) => {
			written = record;
		},
	);
	recorder.requested(request.stream, wanted.model ?? null, request.user ?? null);
	const provider = "p".repeat(64) as ProviderName;
	recorder.planned({
		alias: { name: characters(of, 200) },
		strategy: "priority",
		candidates: Array.from({ length: 200 }, () => ({ model: { provider, id: model }, score: -1 / 3 })),
		excluded: Array.from({ length: 200 }, () => ({
			target: `${provider}/${model}`,
			reason: characters(of, 300),
			until: null,
		})),
	} as unknown as RoutePlan);
	for (const n of [1, 2, 3]) {
		recorder.begin()(
			attemptRecord({
				attemptId: `${id}.${n}`,
				provider,
				model,
				credential: "c".repeat(64) as CredentialId,
				startedMs: LARGE,
				endedMs: LARGE,
				ttftMs: LARGE,
			}),
		);
	}
	const error = { status: 400, type: "invalid_request_error" as const, code: characters(of, 9_000), message: "" };
	recorder.close(400, error, 0, LARGE);
	if (written === null) throw new Error("nothing was recorded");
	return written;
}

/** What the object stores of a batch. */
function stored({ items, requests = [] }: EndedBatch): string {
	const unheld = items.map(({ attemptId, actual, estimated }) => ({ attemptId, cost: actual, estimated }));
	return JSON.stringify(entryOfBatch(KEY, [], { ...EMPTY_BATCH_CONTEXT, teamId: TEAM, requests, unheld }, Date.now()));
}

describe("the longest legal values of every field at once", () => {
	const sent: EndedBatch[] = [];
	const keys = {
		getByName: () => ({
			settle: async (batch: EndedBatch) => {
				sent.push(batch);
				return "applied";
			},
		}),
	};
	const on = { env: { API_KEYS: keys as unknown as Env["API_KEYS"] }, execution: { waitUntil: () => {} } };

	let settlements: Settlements;
	beforeEach(() => {
		vi.useFakeTimers();
		settlements = new Settlements(PLATFORM);
		sent.length = 0;
	});
	afterEach(() => vi.useRealTimers());

	it.each(CHARACTERS)("make a record that is not larger than was reckoned: %j", (of) => {
		const record = longest(of);
		expect(record.candidates).toHaveLength(32);
		expect(Object.keys(record.metadata)).toHaveLength(16);
		expect(record.requestedModel).toBe(characters(of, 256));
		const items = record.attempts.map(({ attemptId }) => ended(attemptId));
		const size = byteLength(stored({ id: "b", sentAt: 0, items, requests: [record] }));
		expect(size).toBeLessThan(mostStoredBytes(record));
		expect(size).toBeLessThan(200_000);
	});

	it("leave nothing behind and make no row too large, whatever ends together", async () => {
		const all = CHARACTERS.map((of) => longest(of));
		const told = fc.array(fc.nat(all.length - 1), { minLength: 1, maxLength: 150 });
		await fc.assert(
			fc.asyncProperty(told, async (picks) => {
				sent.length = 0;
				const records = picks.map((pick) => ({ ...(all[pick] as RequestRecord), requestId: requestId(Date.now()) }));
				for (const record of records) {
					for (const n of [1, 2, 3]) settlements.settle(on, KEY, ended(`${record.requestId}.${n}`));
					settlements.record(on, KEY, record);
				}
				await vi.advanceTimersByTimeAsync(20);
				expect(sent.flatMap(({ requests = [] }) => requests)).toEqual(records);
				expect(sent.flatMap(({ items }) => items)).toHaveLength(3 * records.length);
				for (const batch of sent) {
					expect(isStorable(batch)).toBe(true);
					expect(byteLength(stored(batch))).toBeLessThan(ROW_BYTES / 2);
				}
			}),
			{ numRuns: 20 },
		);
	});

	it("does not refuse what an earlier release sends, as long as it fits", () => {
		const requests = Array.from({ length: 20 }, () => longest("\u4f60"));
		const batch = { id: "b", sentAt: 0, items: [], requests };
		expect(requests.reduce((sum, record) => sum + mostStoredBytes(record), 0)).toBeGreaterThan(MAX_BATCH_BYTES);
		expect(isStorable(batch)).toBe(true);
		expect(isStorable({ ...batch, requests: [...requests, ...requests, ...requests] })).toBe(false);
	});
});

function ended(attemptId: string) {
	return { attemptId, token: null, actual: LARGE, estimated: true, void: false, tokens: null };
}
