// How each vendor of videos takes jobs, tells how they stand, and hands out files.
import type { JsonObject } from "#lib/json";
import type { Seat, Wire } from "#simulator/wire/wire";

/** What the caller wants made. */
export interface Film {
	readonly prompt: string;
	readonly seconds: number;
	/** In pixels, as in "1280x720". */
	readonly size: string;
}

type JobEnd = "completed" | "failed" | "expired" | "filtered";

/** A job as its vendor keeps it. */
export interface SimulatedVideo extends Film {
	/** Without what the vendor writes around it. */
	readonly id: string;
	readonly provider: string;
	readonly model: string;
	/** Milliseconds since the epoch. */
	readonly createdAt: number;
	/** How often it was asked for: the first time it is under way, the second time it is over. */
	readonly asked: number;
	/** Nano-dollars, billed once it is completed. */
	readonly cost: number;
}

/** How a job stands; null while it is under way. */
export function endOf({ prompt, asked }: Pick<SimulatedVideo, "prompt" | "asked">): JobEnd | null {
	const whole = /\[\[soon\]\]/.test(prompt) ? 1 : 2;
	if (asked < whole || /\[\[never\]\]/.test(prompt)) return null;
	if (/\[\[fails\]\]/.test(prompt)) return "failed";
	if (/\[\[expires\]\]/.test(prompt)) return "expired";
	return /\[\[filtered\]\]/.test(prompt) ? "filtered" : "completed";
}

export interface VideoVendor {
	/** Whose refusals and headers it has. */
	readonly wire: Wire;
	/** What a path of the vendor asks for; null for nothing of videos. The model of a job is in the body or the path. */
	at(method: string, path: string, body: unknown): VideoAsk | null;
	/** Reads a request as strictly as the vendor. Throws `Refusal`. */
	read(body: JsonObject, seat: Seat): Film;
	/** What it truly bills of the price in the catalog, in nano-dollars. */
	bills(price: number): number;
	begun(video: SimulatedVideo): JsonObject;
	shown(video: SimulatedVideo, end: JobEnd | null): JsonObject;
}

export type VideoAsk =
	| { readonly kind: "begin"; readonly modelId: string }
	| { readonly kind: "show" | "file" | "remove"; readonly id: string };

export const named = (body: unknown, field: string): string => {
	const value = typeof body === "object" && body !== null ? (body as Record<string, unknown>)[field] : undefined;
	return typeof value === "string" ? value : "";
};
