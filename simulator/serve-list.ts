// Shows a simulated vendor's list of models, with what tests changed of it and the faults that they scripted for it.
import type { JsonObject } from "#lib/json";
import { sleep } from "#lib/sleep";
import { changedList } from "#simulator/model/list-changes";
import type { Wire } from "#simulator/wire/wire";
import type { SimulatorEnv } from "./env";
import { beforeHeaders, simulated, stateOf } from "./serve";

/** What a fault calls a list, as its `model`: one that names no model does not strike a list. */
const LIST = "GET /models";

interface ListVisit {
	readonly provider: string;
	readonly list: JsonObject | JsonObject[];
	readonly wire: Wire;
	readonly headers: Headers;
	/** Aborts when the caller goes away. */
	readonly signal: AbortSignal;
}

/** The list, as far as the scripted faults let it. */
export async function serveList(visit: ListVisit, env: SimulatorEnv): Promise<Response> {
	const { provider, wire, signal } = visit;
	const state = stateOf(env);
	const strike = await state.takeListStrike(provider, LIST);
	if (strike.latencyMs > 0) await sleep(strike.latencyMs, signal);
	const early = await beforeHeaders(wire, strike, signal, async () => {});
	if (early !== null) return simulated(early);
	const text = JSON.stringify(changedList(visit.list, await state.listChanges(provider)));
	const body = strike.disruption?.fault === "garbage" ? text.slice(0, text.length >> 1) : text;
	return simulated(new Response(body, { headers: { "content-type": "application/json" } }));
}
