// The providers of the simulation: answer, bill, break off and fail by the seed.
import type { Model } from "#catalog/model";
import type { Random } from "#test/support/random";
import { broken, connectionLost, failure, MANNERS } from "./mishaps";
import type { Network } from "./network";
import type { Surroundings } from "./shell";
import type { Host, VirtualTime } from "./time";
import { TRADES } from "./trades";
import { modelOf, type Work, Writing } from "./work";
import { Workshop } from "./workshop";

/** One model at each of three providers, all of which speak OpenAI's protocol. */
export const MODELS: readonly Model[] = [
	modelOf("siliconflow", "Qwen/Qwen3-8B"),
	modelOf("openrouter", "openai/gpt-oss-120b"),
	modelOf("deepseek", "deepseek-flash"),
];

/** The most that a model without a known price is taken to cost, in pico-dollars per token. */
export const CEILING = { input: 400_000, output: 1_200_000 };

/** A model that no list has. What it truly costs is as much as the admin says that it may. */
export const UNLISTED: Model = {
	...modelOf("openrouter", "openai/gpt-oss-120b"),
	id: "acme/ultra-9",
	maxOutput: null,
	prices: [
		{
			from: 0,
			price: { ...CEILING, cacheRead: CEILING.input, cacheWrite: CEILING.input, cacheWriteHour: CEILING.input },
		},
	],
};

interface Init {
	readonly body: string | ReadableStream<Uint8Array>;
	readonly headers: Record<string, string>;
	readonly signal: AbortSignal;
}

interface Body {
	readonly model: string;
	readonly messages: readonly { readonly content: string }[];
	readonly max_tokens?: number;
	readonly stream?: boolean;
}

/** Providers that keep honest books, and answer more or less well. */
export class Upstream {
	readonly #time: VirtualTime;
	readonly #random: Random;
	readonly #network: Network;
	readonly #platform: Host;
	/** Told of each call that arrives, by the name of its request; `work` is null when nothing is ever billed. */
	onWork: (request: string, provider: string, work: Work | null) => void = () => {};

	readonly #workshop: Workshop;

	constructor(on: Surroundings) {
		const { time, random, network, platform } = on;
		this.#workshop = new Workshop(on, (...work) => this.onWork(...work));
		this.#time = time;
		this.#random = random;
		this.#network = network;
		this.#platform = platform;
	}

	/** As `fetch`, for one isolate. */
	fetchFor(isolate: Host): (url: string, init: Init) => Promise<Response> {
		return (url, init) => {
			const { pathname } = new URL(url);
			const provider = pathname.split("/", 2)[1] ?? "";
			const trade = TRADES.find(({ path }) => pathname.endsWith(path));
			if (trade !== undefined) return this.#workshop.serve(isolate, trade, provider, init);
			const body = String(init.body);
			const asked: Body = JSON.parse(body);
			const model = [...MODELS, UNLISTED].find((one) => one.provider === provider && one.id === asked.model);
			if (model === undefined) throw new Error(`nobody is at ${url}`);
			return this.#serve(isolate, model, asked, body.length, init.signal);
		};
	}

	#serve(isolate: Host, model: Model, body: Body, bytes: number, signal: AbortSignal): Promise<Response> {
		const { messages, max_tokens, stream } = body;
		const random = this.#random;
		const time = this.#time;
		const request = messages[0]?.content.split(" ", 1)[0] ?? "";
		const onWork = (work: Work | null): void => this.onWork(request, model.provider, work);
		if (signal.aborted) {
			onWork(null);
			return Promise.reject(signal.reason);
		}
		const manner = random.chance(this.#network.chaos.broken) ? random.pick(MANNERS) : "answers";
		if (manner === "refuses" || manner === "is full") {
			onWork(null);
			return new Promise((resolve, reject) => {
				// Nobody is refused later: that is how a reset is told apart.
				time.after(random.between(1, manner === "refuses" ? 99 : 300), isolate, () => {
					if (manner === "refuses") reject(connectionLost());
					else resolve(failure(503));
				});
			});
		}
		const limit = max_tokens ?? model.maxOutput ?? 0;
		const output = random.chance(0.2) && limit <= 2_000 ? limit : random.between(1, Math.min(limit, 400));
		const rate = random.pick([0.02, 0.1, 0.5, 1, 3]);
		const work = new Writing(model, random.between(3, Math.min(bytes, 300)), output, rate, time.now);
		onWork(work);
		signal.addEventListener("abort", () => work.stop(time.now, random.between(0, 30)));
		const whole = Math.ceil(output / rate);
		// What runs when nobody listens any more runs to its end.
		time.after(whole, this.#platform, () => work.stop(time.now));
		const breaksAt = manner === "breaks off" ? random.between(0, whole) : Number.POSITIVE_INFINITY;
		const figures = this.#figures(manner, work);
		return new Promise((resolve, reject) => {
			signal.addEventListener("abort", () => reject(signal.reason));
			if (manner === "says nothing") return;
			if (manner === "is reset" || manner === "is given up on") {
				time.after(random.between(100, 100 + whole), isolate, () => {
					if (manner === "is reset") reject(connectionLost());
					else resolve(failure(random.pick([504, 520, 524])));
				});
			} else if (stream === true) resolve(this.#stream(isolate, work, breaksAt, signal, figures));
			else {
				time.after(whole, isolate, () => {
					const [told] = figures();
					resolve(manner === "breaks off" ? broken() : Response.json({ ...answer(work), usage: told }));
				});
			}
		});
	}

	/** What it says that it used, at the end. */
	#figures(manner: string, work: Writing): () => readonly object[] {
		const { input } = work;
		const tooMuch = [
			{ prompt_tokens: 1e308, completion_tokens: 1 },
			{ prompt_tokens: 99_999_999, completion_tokens: 1 },
			{ prompt_tokens: input, completion_tokens: 99_999_999 },
		];
		const takenBack = { prompt_tokens: 1, completion_tokens: 0 };
		const nonsense = this.#random.pick([
			{ prompt_tokens: -input, completion_tokens: 1 },
			{ prompt_tokens: "many", completion_tokens: 1 },
			{ prompt_tokens: input, completion_tokens: 0.5 },
			{ prompt_tokens: 0, completion_tokens: 0 },
			{},
			takenBack,
			// Most often what cannot be true, since most of these answers are whole or left before their end.
			...tooMuch,
			...tooMuch,
			...tooMuch,
		]);
		work.exaggerates = manner === "tells nonsense" && tooMuch.includes(nonsense as (typeof tooMuch)[number]);
		return () => {
			if (manner === "hides its figures") return [];
			if (manner !== "tells nonsense") return [usage(work)];
			return nonsense === takenBack ? [usage(work), takenBack] : [nonsense];
		};
	}

	/** Tells what it has made after each few tokens, once it has thought enough. */
	#stream(
		isolate: Host,
		work: Writing,
		breaksAt: number,
		signal: AbortSignal,
		figures: () => readonly object[],
	): Response {
		const time = this.#time;
		const encoder = new TextEncoder();
		const thinksUntil = this.#random.between(0, Math.floor(work.output / 2));
		let told = 0;
		let isOpen = true;
		const body = new ReadableStream<Uint8Array>({
			start: (controller) => {
				const say = (value: unknown): void => {
					const data = value === "[DONE]" ? value : JSON.stringify(value);
					controller.enqueue(encoder.encode(`data: ${data}\n\n`));
				};
				const next = (): void => {
					if (!isOpen) return;
					const made = work.made(time.now);
					if (time.now - work.begin >= breaksAt) {
						work.stop(time.now, this.#random.between(0, 30));
						controller.error(new Error("the connection was reset"));
						return;
					}
					if (made > thinksUntil && made > told) {
						say(chunk({ content: "word ".repeat(made - told) }, null));
						told = made;
					}
					if (made < work.output) {
						const tokens = told === 0 ? Math.max(1, thinksUntil - made) : this.#random.between(1, 30);
						const wait = Math.ceil(Math.min(tokens, work.output - made) / work.rate);
						time.after(Math.min(wait, work.begin + breaksAt - time.now), isolate, next);
						return;
					}
					say(chunk({}, "stop"));
					for (const usage of figures()) say({ ...chunk({}, null), choices: [], usage });
					say("[DONE]");
					controller.close();
				};
				signal.addEventListener("abort", () => {
					if (isOpen) controller.error(signal.reason);
					isOpen = false;
				});
				time.after(1, isolate, next);
			},
			cancel: () => {
				isOpen = false;
				work.stop(time.now, this.#random.between(0, 30));
			},
		});
		return new Response(body, { headers: { "content-type": "text/event-stream" } });
	}
}

function usage({ input, output }: Writing): object {
	return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}

function chunk(delta: object, finish: string | null): object {
	return {
		id: "c",
		object: "chat.completion.chunk",
		created: 1,
		model: "as asked",
		choices: [{ index: 0, delta, finish_reason: finish }],
	};
}

function answer(work: Writing): object {
	const message = { role: "assistant", content: "word ".repeat(work.output) };
	return {
		id: "c",
		object: "chat.completion",
		created: 1,
		model: "as asked",
		choices: [{ index: 0, message, finish_reason: "stop" }],
	};
}
