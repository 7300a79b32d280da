/** The faults that a test may script, and which of them strike a request. */
import * as v from "valibot";
import { matches } from "#core/key/policy";

const Milliseconds = v.pipe(v.number(), v.minValue(0), v.maxValue(600_000));
const Count = v.pipe(v.number(), v.integer(), v.minValue(0));

const selection = {
	/** Only this provider; all when absent. */
	provider: v.exactOptional(v.string()),
	/** Only this model, exact or ending in `*`; all when absent. */
	model: v.exactOptional(v.string()),
	/** The number of requests that it strikes; then never again. */
	times: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1))),
	/** Strikes this share of the requests, evenly spread: 0.25 is every fourth. */
	rate: v.exactOptional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
};
/** The number of pieces of content after which the fault strikes; by default half of them. */
const after = v.exactOptional(Count);
const status = (least: number) => v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(599));

export const FaultSchema = v.variant("fault", [
	/** An error status instead of an answer; by default with the vendor's own body. */
	v.strictObject({
		...selection,
		fault: v.literal("error"),
		status: status(400),
		/** Any JSON; a text is sent as it is. */
		body: v.exactOptional(v.unknown()),
		headers: v.exactOptional(v.record(v.string(), v.string())),
	}),
	v.strictObject({ ...selection, fault: v.literal("hang_before_headers") }),
	v.strictObject({ ...selection, fault: v.literal("hang_after_headers"), after }),
	/** The connection breaks before any header. */
	v.strictObject({ ...selection, fault: v.literal("reset") }),
	/** The connection breaks within the body. */
	v.strictObject({ ...selection, fault: v.literal("cut_mid_stream"), after }),
	/** The body ends early, as if complete. */
	v.strictObject({ ...selection, fault: v.literal("clean_eof_mid_stream"), after }),
	/** The vendor's error within an answer that began as a success. */
	v.strictObject({ ...selection, fault: v.literal("error_frame"), after }),
	/** Bytes that are not the protocol, by default from the start. */
	v.strictObject({ ...selection, fault: v.literal("garbage"), after }),
	/** A success without a body. */
	v.strictObject({ ...selection, fault: v.literal("empty") }),
	/** A whole answer, billed for its prompt, in which the model says nothing. */
	v.strictObject({ ...selection, fault: v.literal("says_nothing") }),
	/** A web page. */
	v.strictObject({ ...selection, fault: v.literal("html"), status: v.exactOptional(status(200)) }),
	/** Waits before each chunk of the body. */
	v.strictObject({ ...selection, fault: v.literal("slow"), ms: Milliseconds }),
	/** Waits before the headers. */
	v.strictObject({ ...selection, fault: v.literal("latency"), ms: Milliseconds }),
]);
export type Fault = v.InferOutput<typeof FaultSchema>;
/** Faults that decide what becomes of the answer; delays only postpone it. */
export type Disruption = Exclude<Fault, { fault: "slow" | "latency" }>;

/** A list, bare or under the name that it has in the path. */
export const FaultListSchema = v.union([
	v.array(FaultSchema),
	v.pipe(
		v.strictObject({ faults: v.array(FaultSchema) }),
		v.transform(({ faults }) => faults),
	),
]);

/** A fault of the list, and how often it was looked at and struck. */
export interface ScriptedFault {
	readonly fault: Fault;
	readonly seen: number;
	readonly struck: number;
}

/** What strikes one request. */
export interface Strike {
	/** Milliseconds before the headers. */
	readonly latencyMs: number;
	/** Milliseconds before each chunk. */
	readonly chunkMs: number;
	readonly disruption: Disruption | null;
}

/**
 * Chooses what strikes a request: every delay that is due, and the first other fault that is due.
 * `isNamedOnly` leaves out faults that name no model. `list` comes back with its counts brought forward; faults that
 * were not reached keep theirs.
 */
export function strike(
	list: readonly ScriptedFault[],
	provider: string,
	models: readonly string[],
	isNamedOnly = false,
): { strike: Strike; list: ScriptedFault[] } {
	let latencyMs = 0;
	let chunkMs = 0;
	let disruption: Disruption | null = null;
	const next = list.map((entry) => {
		const { fault } = entry;
		const concerns =
			(fault.provider === undefined || canonical(fault.provider) === provider) &&
			(fault.model === undefined ? !isNamedOnly : models.some((model) => matches([fault.model ?? ""], model)));
		const isDelay = fault.fault === "slow" || fault.fault === "latency";
		if (!concerns || isSpent(entry) || (!isDelay && disruption !== null)) return entry;
		const seen = entry.seen + 1;
		const rate = fault.rate ?? 1;
		const isDue = Math.floor(seen * rate) > Math.floor(entry.seen * rate);
		if (!isDue) return { ...entry, seen };
		if (fault.fault === "latency") latencyMs += fault.ms;
		else if (fault.fault === "slow") chunkMs += fault.ms;
		else disruption = fault;
		return { fault, seen, struck: entry.struck + 1 };
	});
	return { strike: { latencyMs, chunkMs, disruption }, list: next };
}

export function isSpent({ fault, struck }: ScriptedFault): boolean {
	return fault.times !== undefined && struck >= fault.times;
}

/** The other names that the gateway's callers may use for a provider. */
const ALIASES: Readonly<Record<string, string>> = { google: "gemini", cloudflare: "workers-ai" };

export function canonical(provider: string): string {
	return ALIASES[provider] ?? provider;
}
