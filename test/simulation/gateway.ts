import type { Teller } from "../../durable-objects/api-key/teller";
import type { Config } from "../../src/config";
import type { HoldToken } from "../../src/core/budget";
import { GatewayError } from "../../src/core/errors";
import type { RequestId, SecretId } from "../../src/core/ids";
import type { KeyRegistration } from "../../src/core/key";
import type { Reservation, ReserveRequest } from "../../src/core/reservation";
import type { BatchOutcome, EndedBatch } from "../../src/core/settlement";
import type { Env } from "../../src/env";
import { forgetWaiting } from "../../src/gateway/settlement";
import type { SpendCall } from "../../src/http/call";
import { chatRoutes } from "../../src/http/routes/v1/chat";
import type { Books } from "./books";
import type { Shell, Surroundings } from "./shell";
import { Host } from "./time";
import { must, type Truth } from "./truth";
import { MODEL, Upstream, type Work } from "./upstream";

const [route] = chatRoutes;
if (route?.access !== "spend") throw new Error("the route of the simulation is not one that spends");
const { handle } = route;

export const SECRET = "sec_1" as SecretId;

const CONFIG: Config = {
	local: true,
	adminToken: "",
	keyPepper: "",
	credentialsSecret: "",
	demoKey: null,
	logLevel: "off",
	requestLogDays: 1,
	payloadDays: 1,
};

export interface Key {
	registration: KeyRegistration;
	readonly shell: Shell<Teller>;
	readonly books: Books;
}

/** What the gateway's isolate sends to a key's object, to be made worse by a mutant. */
export interface Mail {
	settle(batch: EndedBatch): EndedBatch;
}

export const HONEST: Mail = { settle: (batch) => batch };

/** The Worker: the real route, in an isolate that may die, between callers, keys' objects and an upstream. */
export class Gateway {
	readonly #on: Surroundings;
	readonly #truth: Truth;
	readonly #keys: readonly Key[];
	readonly #mail: Mail;
	readonly #fail: (error: unknown) => void;
	readonly #upstream: Upstream;
	/** By attempt: what was held, and from when on the decision may date. */
	readonly #grants = new Map<string, { token: HoldToken | null; decidedFrom: number }>();
	readonly #asked = new Map<string, { key: Key; at: number }>();
	#isolate = new Host("isolate 0");
	#env: Env;
	#isolates = 0;
	#requests = 0;
	/** Requests under way, by name. */
	readonly open = new Set<string>();
	/** How often requests were answered in which way. */
	readonly answers = new Map<string, number>();

	constructor(on: Surroundings, truth: Truth, keys: readonly Key[], mail: Mail, fail: (error: unknown) => void) {
		this.#on = on;
		this.#truth = truth;
		this.#keys = keys;
		this.#mail = mail;
		this.#fail = fail;
		this.#upstream = new Upstream(on);
		this.#upstream.onWork = (request, work) => this.#start(`${request}.1`, work);
		this.#env = this.#envFor(this.#isolate);
	}

	/** Somebody asks for an answer. */
	request(): void {
		const { random, network, time } = this.#on;
		if (random.chance(network.chaos.isolates)) this.#renew();
		const key = random.pick(this.#keys);
		const { registration } = key;
		const name = `req_${this.#requests++}`;
		const isolate = this.#isolate;
		const caller = new AbortController();
		const content = `${name} ${"please ".repeat(random.between(1, 40))}`;
		const wanted = {
			model: `${MODEL.provider}/${MODEL.id}`,
			messages: [{ role: "user", content }],
			// Thinking beyond the limit would make every hold as large as a budget.
			reasoning_effort: "none",
			...(random.chance(0.8) && { max_completion_tokens: random.between(1, 1_500) }),
			...(random.chance(0.5) && { stream: true }),
			...(random.chance(0.5) && { user: random.pick(["ann", "bob"]) }),
		};
		const body = JSON.stringify(wanted);
		const { keyId, teamId, version, policy } = registration;
		const seen = random.chance(0.2) ? Math.max(1, version - 1) : version;
		const record = { keyId, teamId, name: keyId, version: seen, policy, secretId: SECRET };
		this.#asked.set(`${name}.1`, { key, at: time.now });
		time.as(isolate, () => {
			const call: Partial<SpendCall> = {
				request: new Request("https://gateway/v1/chat/completions", { method: "POST", body, signal: caller.signal }),
				env: this.#env,
				config: CONFIG,
				execution: {
					waitUntil: (work: Promise<unknown>) => void work.catch((error) => this.#fail(error)),
				} as ExecutionContext,
				requestId: name as RequestId,
				receivedAt: Date.now(),
				identified: { record, digest: keyId, last4: "last" },
			};
			this.open.add(name);
			const leaving = random.chance(network.chaos.broken) ? caller : null;
			void this.#read(name, handle(call as SpendCall), leaving);
		});
	}

	/** The isolate dies with all that it does. */
	die(): void {
		this.#isolate.isAlive = false;
		forgetWaiting();
		this.open.clear();
	}

	#renew(): void {
		this.die();
		this.#isolate = new Host(`isolate ${++this.#isolates}`, this.#on.random.between(-2_000, 2_000));
		this.#env = this.#envFor(this.#isolate);
	}

	/** Reads an answer to its end, or leaves on the way. */
	async #read(name: string, answer: Response | Promise<Response>, caller: AbortController | null): Promise<void> {
		const leaves =
			caller === null ? null : setTimeout(() => caller.abort(new Error("the caller left")), this.#patience());
		let told: string;
		try {
			const response = await answer;
			told = String(response.status);
			if (response.headers.get("content-type") === "text/event-stream" && response.body !== null) {
				const reader = response.body.getReader();
				caller?.signal.addEventListener("abort", () => void reader.cancel().catch(() => {}));
				while (!(await reader.read()).done);
			} else await response.text();
		} catch (error) {
			if (error instanceof GatewayError) told = error.details.code;
			else if (caller?.signal.aborted) told = "left";
			else {
				this.#fail(error);
				return;
			}
		}
		if (leaves !== null) clearTimeout(leaves);
		this.open.delete(name);
		this.answers.set(told, (this.answers.get(told) ?? 0) + 1);
	}

	#patience(): number {
		return this.#on.random.between(1, this.#on.random.pick([30, 1_000, 10_000]));
	}

	/** What the gateway's code is bound to, in one isolate. */
	#envFor(isolate: Host): Env {
		const { network, time } = this.#on;
		const stub = ({ shell }: Key) => ({
			reserve: async (request: ReserveRequest): Promise<Reservation> => {
				const answered = await network.call<{ reservation: Reservation; since: number }>(isolate, () =>
					shell.receive(async (copy) => {
						const reservation = await copy.api.reserve(structuredClone(request));
						return { reservation, since: copy.replacedAt ?? Number.POSITIVE_INFINITY };
					}),
				);
				const { reservation, since } = answered;
				if (reservation.outcome === "granted") {
					const asked = this.#asked.get(request.attemptId)?.at ?? time.now;
					this.#grants.set(request.attemptId, { token: reservation.token, decidedFrom: Math.min(asked, since) });
				}
				return reservation;
			},
			settle: (batch: EndedBatch): Promise<BatchOutcome> => {
				const sent = structuredClone(batch);
				return network.call(isolate, () =>
					shell.receive(async ({ api }) => api.settle(this.#mail.settle(structuredClone(sent)))),
				);
			},
			extend: (attemptId: string, openMs: number) =>
				network.call(isolate, () => shell.receive(({ api }) => api.extend(attemptId, openMs))),
		});
		return {
			DB: { prepare: () => ({ all: async () => ({ results: [] }) }) },
			API_KEYS: { getByName: (keyId: string) => stub(keyOf(this.#keys, keyId)) },
			SIMULATOR: { fetch: this.#upstream.fetchFor(isolate) },
		} as unknown as Env;
	}

	#start(id: string, work: Work | null): void {
		try {
			this.#begin(id, work);
		} catch (error) {
			this.#fail(error);
		}
	}

	#begin(id: string, work: Work | null): void {
		const grant = this.#grants.get(id);
		const key = this.#asked.get(id)?.key;
		must(grant !== undefined && key !== undefined, `${id} is sent without a grant`);
		const { token, decidedFrom } = grant;
		must((token === null) === (key.registration.budgets.length === 0), `${id} is not held on its budgets`);
		this.#truth.start({ id, keyId: key.registration.keyId, decidedFrom, token, work });
	}
}

export function keyOf(keys: readonly Key[], keyId: string): Key {
	const key = keys.find(({ registration }) => registration.keyId === keyId);
	if (key === undefined) throw new Error(`there is no ${keyId}`);
	return key;
}
