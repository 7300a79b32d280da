// Vendors of everything beside chat in the simulation: they answer more or less well, and bill a whole piece of work.
import { broken, connectionLost, failure, MANNERS } from "./mishaps";
import type { Surroundings } from "./shell";
import type { Host } from "./time";
import type { Order, Sent, Trade } from "./trades";
import { Piecework, type Work } from "./work";

interface Init {
	readonly body: string | ReadableStream<Uint8Array>;
	readonly headers: Record<string, string>;
	readonly signal: AbortSignal;
}

type Manner = (typeof MANNERS)[number] | "answers";

export class Workshop {
	readonly #on: Surroundings;
	readonly #onWork: (request: string, provider: string, work: Work | null) => void;

	constructor(on: Surroundings, onWork: (request: string, provider: string, work: Work | null) => void) {
		this.#on = on;
		this.#onWork = onWork;
	}

	async serve(isolate: Host, trade: Trade, provider: string, init: Init): Promise<Response> {
		const sent = await read(init);
		const { random, network, time, platform } = this.#on;
		const { signal } = init;
		const known = [...trade.models, ...(trade.together ?? [])];
		const model = known.find((one) => one.provider === provider && one.id === sent.fields.model);
		if (model === undefined) throw new Error(`${provider} has no ${String(sent.fields.model)} for ${trade.operation}`);
		const order = trade.order(sent, model, random);
		const begin = (work: Work | null): void => this.#onWork(order.request, provider, work);
		if (signal.aborted) {
			begin(null);
			throw signal.reason;
		}
		const manner: Manner = random.chance(network.chaos.broken) ? random.pick(MANNERS) : "answers";
		if (manner === "refuses" || manner === "is full") {
			begin(null);
			return this.#after(isolate, random.between(1, manner === "refuses" ? 99 : 300), () => {
				if (manner === "refuses") throw connectionLost();
				return failure(503);
			});
		}
		const [figures, exaggerates] = this.#figures(manner, order);
		const work = new Piecework(model, order.owed, exaggerates);
		begin(work);
		const takes = random.between(1, random.pick([30, 1_000, 20_000]));
		const finish = (): void => {
			work.isOver = true;
		};
		signal.addEventListener("abort", finish);
		time.after(takes, platform, finish);
		return new Promise((resolve, reject) => {
			signal.addEventListener("abort", () => reject(signal.reason));
			if (manner === "says nothing") return;
			if (manner === "is reset" || manner === "is given up on") {
				time.after(100 + takes, isolate, () => {
					if (manner === "is reset") reject(connectionLost());
					else resolve(failure(random.pick([504, 520, 524])));
				});
				return;
			}
			const pieces = order.pieces(figures);
			if (pieces.length > 1) resolve(this.#stream(isolate, order.type, pieces, takes, manner, signal));
			else
				time.after(takes, isolate, () =>
					resolve(manner === "breaks off" ? broken() : new Response(pieces[0], { headers: typed(order.type) })),
				);
		});
	}

	/** What it says that it used, and whether that is far more than it can be. */
	#figures(manner: Manner, { figures, tooMuch }: Order): readonly [Order["figures"], boolean] {
		if (manner === "hides its figures" || (manner === "tells nonsense" && tooMuch === null)) return [{}, false];
		if (manner !== "tells nonsense") return [figures, false];
		const { random } = this.#on;
		if (tooMuch !== null && random.chance(0.5)) return [tooMuch, true];
		return [
			random.pick([{ usage: "much" }, { usage: { prompt_tokens: -1, input_tokens: 0.5, seconds: "long" } }]),
			false,
		];
	}

	/** Hands one piece over after another, perhaps not to the end. */
	#stream(
		isolate: Host,
		type: string,
		pieces: readonly (string | Uint8Array)[],
		takes: number,
		manner: Manner,
		signal: AbortSignal,
	): Response {
		const { time, random } = this.#on;
		const encoder = new TextEncoder();
		const breaksAt = manner === "breaks off" ? random.between(0, pieces.length - 1) : null;
		let isOpen = true;
		const body = new ReadableStream<Uint8Array>({
			start: (controller) => {
				signal.addEventListener("abort", () => {
					if (isOpen) controller.error(signal.reason);
					isOpen = false;
				});
				const hand = (at: number): void => {
					if (!isOpen) return;
					const piece = pieces[at];
					if (at === breaksAt) controller.error(new Error("the connection was reset"));
					else if (piece === undefined) controller.close();
					else {
						controller.enqueue(typeof piece === "string" ? encoder.encode(piece) : piece);
						time.after(takes / pieces.length, isolate, () => hand(at + 1));
						return;
					}
					isOpen = false;
				};
				time.after(1, isolate, () => hand(0));
			},
			cancel: () => {
				isOpen = false;
			},
		});
		return new Response(body, { headers: typed(type) });
	}

	#after(isolate: Host, ms: number, answer: () => Response): Promise<Response> {
		return new Promise((resolve, reject) => {
			this.#on.time.after(ms, isolate, () => {
				try {
					resolve(answer());
				} catch (error) {
					reject(error);
				}
			});
		});
	}
}

/** What came, as its vendor reads it. */
async function read({ body, headers }: Init): Promise<Sent> {
	if (typeof body === "string") return { fields: JSON.parse(body), file: null };
	const form = await new Response(body, { headers }).formData();
	const file = form.get("file");
	return { fields: Object.fromEntries(form), file: file instanceof File ? file : null };
}

function typed(type: string): HeadersInit {
	return { "content-type": type };
}
