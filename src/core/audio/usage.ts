/** Usage of sound that is billed by its time, or by the text that is spoken. */
import { estimatedUsage, type Usage } from "#core/chat/usage";
import type { AudioUnits } from "./units";

/** Milliseconds in a second. */
const SECOND = 1000;
/** Longer times are cut to this, in seconds: no file that the gateway takes comes near. */
const MAX_SECONDS = 100_000_000;

/** Usage without tokens. */
export function unitsUsage(audio: AudioUnits, source: Usage["source"]): Usage {
	return { ...estimatedUsage(0, 0), audio, source };
}

/** By a time that a vendor reports, in seconds; null for what is none. */
export function secondsUsage(seconds: unknown): Usage | null {
	if (typeof seconds !== "number" || !(seconds > 0)) return null;
	return unitsUsage({ millisecond: Math.ceil(Math.min(seconds, MAX_SECONDS) * SECOND) }, "provider");
}
