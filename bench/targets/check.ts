/** That a target really relays what the upstream answers, before it is measured. */

import type { Call } from "../processes/load.ts";
import { expectedText } from "../rows/exchange.ts";
import { MODES, type Mode } from "../rows/modes.ts";

/** A completion, a chunk of one, or an event of Messages or Responses, as far as it is looked at. */
interface Relayed {
	readonly choices?: readonly { readonly delta?: Said; readonly message?: Said }[];
	readonly delta?: Said | string;
	readonly usage?: Counted | null;
	readonly response?: { readonly usage?: Counted | null };
}

interface Counted {
	readonly completion_tokens?: number;
	readonly output_tokens?: number;
}

interface Said {
	readonly content?: string | null;
	readonly text?: string;
}

/** Asks once, and throws unless text and usage are the upstream's. Usage that was not asked for must not be there. */
export async function check(name: string, mode: Mode, call: Call): Promise<void> {
	const { stream, tokens, asksUsage } = MODES[mode];
	const { url, headers, body } = call;
	const response = await fetch(url, {
		method: "POST",
		headers: { ...headers, "content-type": "application/json" },
		body,
	});
	const answer = await response.text();
	const events = response.ok ? eventsOf(answer, stream) : [];
	const content = events
		.flatMap(({ choices, delta }) => choices?.map((choice) => choice.delta ?? choice.message) ?? [delta])
		.map((said) => (typeof said === "string" ? said : (said?.content ?? said?.text ?? "")))
		.join("");
	const usage = events.map((event) => event.usage ?? event.response?.usage).findLast((one) => one);
	const counted = usage?.completion_tokens ?? usage?.output_tokens;
	if (content !== expectedText(mode))
		throw new Error(`${name} does not relay ${mode}: ${response.status} ${shown(answer)}`);
	if (counted !== (stream && !asksUsage ? undefined : tokens))
		throw new Error(`${name} tells another usage in ${mode}: ${counted} output tokens; ${shown(answer.slice(-1000))}`);
}

function eventsOf(answer: string, stream: boolean): Relayed[] {
	if (!stream) return [JSON.parse(answer)];
	return answer.split("\n").flatMap((line) => (line.startsWith("data: {") ? [JSON.parse(line.slice(6))] : []));
}

function shown(answer: string): string {
	return answer.slice(0, 1000);
}
