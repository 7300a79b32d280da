// Calls that only count a request, which vendors do for nothing.
import type { JsonObject } from "#lib/json";
import type { Wire } from "./wire";

/** Counts what `wire` would read; `asked` is the request that a body is about, `write` the vendor's answer. */
export function counting(
	wire: Wire,
	asked: (body: JsonObject) => JsonObject,
	write: (tokens: number) => JsonObject,
): Wire {
	return {
		...wire,
		read(body, seat) {
			const play = wire.read(asked(body), seat);
			return { ...play, stream: false, flat: 0, whole: () => write(play.input.total) };
		},
	};
}
