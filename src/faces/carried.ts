/**
 * Carries vendors' reasoning in the protocols of others. What a vendor wants back unchanged (encrypted reasoning,
 * signatures of calls) has no field in the answers of another; but clients return some fields as they came, so it
 * travels there: in the signature of Anthropic's thinking blocks and the data of redacted ones, and in the encrypted
 * content of OpenAI's reasoning items.
 */
import * as v from "valibot";
import type { ReasoningDetail, VendorExtra } from "#core/chat/chat";
import { parseJson } from "#lib/json";

/** Tells what the gateway wrote from what a vendor did, which is base64. */
const PREFIX = "tollgate:";

const Optional = v.exactOptional(v.nullable(v.string()));
const DetailSchema = v.object({
	type: v.string(),
	format: Optional,
	id: Optional,
	index: v.exactOptional(v.number()),
	text: Optional,
	summary: v.exactOptional(v.string()),
	data: v.exactOptional(v.string()),
	signature: Optional,
});
const CarriedSchema = v.object({
	details: v.exactOptional(v.array(DetailSchema), []),
	calls: v.exactOptional(
		v.record(
			v.string(),
			v.object({ google: v.exactOptional(v.object({ thought_signature: v.exactOptional(v.string()) })) }),
		),
		{},
	),
});

interface Carried {
	readonly details: readonly ReasoningDetail[];
	/** By the id of the call. */
	readonly calls: Readonly<Record<string, VendorExtra>>;
}

/** What has to be carried of an answer, while it is written. */
export class Cargo {
	#details: ReasoningDetail[] = [];
	#calls: Record<string, VendorExtra> = {};

	get isEmpty(): boolean {
		return this.#details.length === 0 && Object.keys(this.#calls).length === 0;
	}

	/** Fragments of one block, as servers stream them, become one again. */
	detail(detail: ReasoningDetail): void {
		const last = this.#details.at(-1);
		if (last !== undefined && isContinuation(last, detail)) {
			this.#details[this.#details.length - 1] = { ...last, ...present(detail), ...joined(last, detail) };
		} else this.#details.push(detail);
	}

	call(id: string, extra: VendorExtra): void {
		this.#calls[id] = extra;
	}

	/** All of it as one opaque text, and nothing is left. */
	unload(): string {
		const calls = this.#calls;
		const details = this.#details;
		this.#details = [];
		this.#calls = {};
		return (
			PREFIX +
			JSON.stringify({ ...(details.length > 0 && { details }), ...(Object.keys(calls).length > 0 && { calls }) })
		);
	}
}

/** Whether such a field carries what the gateway wrote, and not what is the vendor's own. */
export function isOwnCargo(text: string): boolean {
	return text.startsWith(PREFIX);
}

/** What such a field carries; null when it is the vendor's own, "spoilt" when something happened to it on its way. */
export function unpacked(text: string): Carried | "spoilt" | null {
	if (!isOwnCargo(text)) return null;
	const result = v.safeParse(CarriedSchema, parseJson(text.slice(PREFIX.length)));
	return result.success ? result.output : "spoilt";
}

/** Only blocks that are numbered come in fragments. */
function isContinuation(before: ReasoningDetail, next: ReasoningDetail): boolean {
	if (next.index === undefined || before.index !== next.index || before.type !== next.type) return false;
	return typeof before.signature !== "string" && (next.id == null || before.id == null || before.id === next.id);
}

function joined(before: ReasoningDetail, next: ReasoningDetail): Partial<ReasoningDetail> {
	const all: Partial<ReasoningDetail> = {};
	for (const field of ["text", "summary", "data"] as const) {
		const text = (before[field] ?? "") + (next[field] ?? "");
		if (text !== "") all[field] = text;
	}
	return all;
}

function present(detail: ReasoningDetail): ReasoningDetail {
	return Object.fromEntries(Object.entries(detail).filter(([, value]) => value != null)) as unknown as ReasoningDetail;
}
