// What callers of the simulation ask for: mostly chat, and everything else that the gateway serves.
import type { Model } from "#catalog/model";
import type { OperationName } from "#core/operation-name";
import type { Face } from "#faces/face";
import { openaiChat } from "#faces/openai-chat/index";
import type { AliasDefinition } from "#store/config/document-kinds";
import { CALM } from "./network";
import type { Surroundings } from "./shell";
import { TRADES } from "./trades";
import { MODELS, UNLISTED } from "./upstream";

/** Where a request may go. */
const TARGETS = MODELS.map(nameOf);
/** A name for all of them, with a second copy for streams that stay silent. */
export const HEDGED: AliasDefinition = {
	targets: TARGETS.map((model) => ({ model, weight: 1 })),
	strategy: "priority",
	optimize: "balanced",
	sticky: false,
	fallThrough: { content: false, context: false },
	escalate: false,
	hedge: { afterMs: 300, mostHeld: 10_000_000 },
	downgrade: null,
	slowStream: null,
	timeoutMs: null,
	ttftTimeoutMs: null,
};

/** What runs of the simulation differ in beside their seeds. */
export interface Kind {
	/** Some requests name several models, and may be sent to more than one. */
	readonly hasChoice: boolean;
	/** What becomes of requests for a model without a known price; null where none is asked for. */
	readonly unpriced: "refuse" | "ceiling" | null;
	/** Some attempts are charged all that was held for them, and their true cost comes long after. */
	readonly hasJobs: boolean;
	/** Some requests are for something else than chat, and some budgets count some operations alone. */
	readonly hasOperations: boolean;
}

export const USUAL: Kind = { hasChoice: true, unpriced: null, hasJobs: false, hasOperations: true };

/** One request as its caller sends it. */
interface Ask {
	readonly operation: OperationName;
	readonly face: Face;
	/** Below the version. */
	readonly path: string;
	readonly body: string | FormData;
}

/** The share of requests that are for something else than chat. */
const OTHERS = 0.35;

export class Asks {
	readonly #on: Surroundings;
	readonly #kind: Kind;

	constructor(on: Surroundings, kind: Kind) {
		this.#on = on;
		this.#kind = kind;
	}

	/** The next request, which says its name. */
	next(name: string): Ask {
		const { random } = this.#on;
		return this.#kind.hasOperations && random.chance(OTHERS) ? this.#other(name) : this.#chat(name);
	}

	#chat(name: string): Ask {
		const { random } = this.#on;
		const content = `${name} ${"please ".repeat(random.between(1, 40))}`;
		const wanted = {
			messages: [{ role: "user", content }],
			// Thinking beyond the limit would make every hold as large as a budget.
			reasoning_effort: "none",
			...(random.chance(0.8) && { max_completion_tokens: random.between(1, 1_500) }),
			...(random.chance(0.5) && { stream: true }),
			...this.#wanted(),
			...(random.chance(0.5) && { user: random.pick(["ann", "bob"]) }),
		};
		return { operation: "chat", face: openaiChat, path: "/chat/completions", body: JSON.stringify(wanted) };
	}

	#other(name: string): Ask {
		const { random } = this.#on;
		const { operation, face, path, models, together, wanted } = random.pick(TRADES);
		const among = this.#kind.hasChoice && random.chance(0.4) ? together : undefined;
		const target =
			among === undefined
				? { model: nameOf(random.pick([...models, ...(together ?? [])])) }
				: { models: among.map(nameOf) };
		const user = random.chance(0.5) && { user: random.pick(["ann", "bob"]) };
		const fields = { ...wanted(name, random), ...target, ...user };
		return {
			operation,
			face,
			path,
			body: Object.values(fields).some((value) => value instanceof File) ? formOf(fields) : JSON.stringify(fields),
		};
	}

	/** The model of a request, or several. */
	#wanted(): object {
		const { random } = this.#on;
		const { hasChoice, unpriced } = this.#kind;
		if (unpriced !== null && random.chance(0.5)) return { model: nameOf(UNLISTED) };
		return hasChoice && random.chance(0.4) ? this.#targets() : { model: TARGETS[0] };
	}

	/**
	 * Several models in order, or the name of them all; small enough that a budget affords the dearer ones too. What was
	 * sent twice is charged more than was owed, so it is not in calm.
	 */
	#targets(): object {
		const { random, network } = this.#on;
		const max_completion_tokens = random.between(1, 300);
		if (network.chaos === CALM || random.chance(0.5)) return { models: TARGETS, max_completion_tokens };
		return { model: "hedged", stream: true, max_completion_tokens };
	}
}

function nameOf({ provider, id }: Pick<Model, "provider" | "id">): string {
	return `${provider}/${id}`;
}

function formOf(fields: Record<string, unknown>): FormData {
	const form = new FormData();
	for (const [name, value] of Object.entries(fields)) {
		if (value instanceof File) form.set(name, value);
		else form.set(name, String(value));
	}
	return form;
}
