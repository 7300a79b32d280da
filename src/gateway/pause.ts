import { GatewayError } from "../core/errors";
import { callerLeft } from "./fault-error";

/** Lets so many milliseconds pass. Throws `GatewayError` when the caller leaves meanwhile. */
export function pause(ms: number, caller: AbortSignal): Promise<void> {
	return new Promise((resolve, reject) => {
		const leave = (): void => {
			clearTimeout(timer);
			reject(caller.reason instanceof GatewayError ? caller.reason : callerLeft());
		};
		const timer = setTimeout(() => {
			caller.removeEventListener("abort", leave);
			resolve();
		}, ms);
		if (caller.aborted) leave();
		else caller.addEventListener("abort", leave);
	});
}
