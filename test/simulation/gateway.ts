// One isolate of the gateway in the simulation: the product's own code over simulated objects, network and database.
import type { Config } from "#config";
import type { BudgetSpec, HoldToken } from "#core/budget/budget";
import { GatewayError } from "#core/errors";
import type { ProviderName, RequestId, SecretId, TeamId } from "#core/ids";
import type { KeyRegistration } from "#core/key/key";
import type { AdmissionRequest } from "#core/key-object/admission";
import type { LateOutcome } from "#core/key-object/late-cost";
import type { Reservation, ReserveRequest } from "#core/key-object/reservation";
import type { BatchOutcome, EndedAttempt, EndedBatch } from "#core/key-object/settlement";
import type { OperationName } from "#core/operation-name";
import type { RequestRecord } from "#core/usage/request-record";
import type { ApiKey } from "#durable-objects/api-key/api-key";
import type { Env } from "#env";
import { type IsolateState, newIsolateState } from "#gateway/isolate-state";
import type { SpendCall } from "#http/call";
import { RequestBody } from "#http/request/body";
import { serve } from "#http/serve/serve";
import { within } from "#lib/deadline";
import { GATEWAY_DEFAULTS } from "#store/config/document-kinds";
import { Asks, HEDGED, type Kind } from "./asks";
import type { Books } from "./books";
import type { Shell, Surroundings } from "./shell";
import { Host } from "./time";
import { must, type Truth } from "./truth";
import { CEILING, UNLISTED, Upstream } from "./upstream";
import type { Work } from "./work";

export const TEAM = "team_1" as TeamId;
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
	readonly shell: Shell<ApiKey>;
	readonly books: Books;
}

/** What happened to requests beyond their first attempt. */
export interface Tally {
	/** Attempts after one that had ended. */
	further: number;
	/** Attempts whose provider reported what cannot be true, by the books. */
	claims: number;
	/** Attempts beside one that ran. */
	copies: number;
	/** Attempts at the model of which nothing is known. */
	unlisted: number;
	/** Attempts that were billed, by what they were for. */
	readonly operations: Partial<Record<OperationName, number>>;
	/** True costs of jobs that an object has booked, or had booked before. */
	late: number;
}

/** An attempt as it was asked for last: when the key has changed, another may be asked for under its name. */
interface AskedAttempt {
	readonly id: string;
	/** When it was asked for first. */
	readonly at: number;
	provider: string;
	/** The least that must be held for it, in nano-dollars. */
	least: number;
	work?: Work | null;
}

/** What one request has done. */
interface Asking {
	readonly key: Key;
	readonly operation: OperationName;
	readonly attempts: AskedAttempt[];
	/** Something of an answer has reached the caller. */
	hasAnswer: boolean;
}

/** What the gateway's isolate sends to a key's object, and what it hears of a refusal; to be made worse by a mutant. */
export interface Mail {
	settle(batch: EndedBatch): EndedBatch;
	refusal(error: unknown): unknown;
}

export const HONEST: Mail = { settle: (batch) => batch, refusal: (error) => error };

/** The longest labels that a caller may send. */
const LABELS = JSON.stringify(
	Object.fromEntries(Array.from({ length: 16 }, (_, at) => [`${at}`.padEnd(64, "?"), "?".repeat(256)])),
).replaceAll("?", "\\u4f60");
/** What makes a record too large for a row, as if an isolate had forgotten to cut its labels. */
const SWOLLEN = "x".repeat(1_600_000);
/** Requests with the one, and with the other: also in calm, because nothing may be lost for it. */
const LABELLED = 0.1;
const TOO_LARGE = 0.01;

/**
 * The Worker: the real life of a request, in an isolate that may die, between callers, keys' objects and an upstream.
 */
export class Gateway {
	readonly #on: Surroundings;
	readonly #truth: Truth;
	readonly #keys: readonly Key[];
	readonly #mail: Mail;
	readonly #kind: Kind;
	readonly #asks: Asks;
	readonly #fail: (error: unknown) => void;
	readonly #upstream: Upstream;
	/** By attempt: what was held, and from when on the decision may date. */
	readonly #grants = new Map<string, { token: HoldToken | null; decidedFrom: number }>();
	readonly #asked = new Map<string, Asking>();
	/** Whether attempts are jobs, once that is known. */
	readonly #jobs = new Map<string, boolean>();
	/** Requests whose records are too large on their way, until they have lost their labels. */
	readonly #swollen = new Set<string>();
	#isolate = new Host("isolate 0");
	#env: Env;
	#state = busyIsolate();
	#isolates = 0;
	#requests = 0;
	/** Requests under way, by name. */
	readonly open = new Set<string>();
	/** How often requests were answered in which way. */
	readonly answers = new Map<string, number>();
	readonly tally: Tally = { further: 0, copies: 0, claims: 0, unlisted: 0, operations: {}, late: 0 };

	constructor(
		on: Surroundings,
		truth: Truth,
		keys: readonly Key[],
		mail: Mail,
		kind: Kind,
		fail: (error: unknown) => void,
	) {
		this.#on = on;
		this.#kind = kind;
		this.#asks = new Asks(on, kind);
		this.#truth = truth;
		this.#keys = keys;
		this.#mail = mail;
		this.#fail = fail;
		this.#upstream = new Upstream(on);
		this.#upstream.onWork = (request, provider, work) => this.#start(request, provider, work);
		this.#env = this.#envFor(this.#isolate);
	}

	/** How many requests there were. */
	get asked(): number {
		return this.#asked.size;
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
		const { operation, face, path, body } = this.#asks.next(name);
		const isTooLarge = this.#on.labels.chance(TOO_LARGE);
		if (isTooLarge) this.#swollen.add(name);
		const labels = isTooLarge || this.#on.labels.chance(LABELLED) ? LABELS : "{}";
		const { keyId, teamId, version, policy } = registration;
		const seen = random.chance(0.2) ? Math.max(1, version - 1) : version;
		const record = { keyId, teamId, name: keyId, version: seen, policy, secretId: SECRET };
		this.#asked.set(name, { key, operation, attempts: [], hasAnswer: false });
		time.as(isolate, () => {
			const request = new Request(`https://gateway/v1${path}`, {
				method: "POST",
				headers: { "x-tollgate-metadata": labels },
				body,
				signal: caller.signal,
			});
			const call: SpendCall = {
				request,
				headers: request.headers,
				body: new RequestBody(request, () => this.#state.largeBodies.share()),
				url: new URL(request.url),
				params: {},
				env: this.#env,
				isolate: this.#state,
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
			void this.#read(name, serve(face)(call), leaving);
		});
	}

	/** The isolate dies with all that it does. */
	die(): void {
		this.#isolate.isAlive = false;
		this.#state = busyIsolate();
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
			this.#asking(name).hasAnswer = true;
			told = String(response.status);
			const isWhole = response.headers.get("content-type")?.startsWith("application/json");
			if (!isWhole && response.body !== null) {
				const reader = response.body.getReader();
				caller?.signal.addEventListener("abort", () => void reader.cancel().catch(() => {}));
				while (!(await reader.read()).done);
			} else await response.text();
		} catch (error) {
			if (error instanceof GatewayError) told = error.details.code;
			else if (caller?.signal.aborted) told = "left";
			// Sound has no event that could tell of an error.
			else if (error instanceof Error && error.message === "the answer broke off") told = "broken_off";
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
				const { attemptId: id, scope, atLeast: least } = request;
				const { provider } = scope;
				const { attempts } = this.#asking(requestOf(id));
				const known = attempts.find((attempt) => attempt.id === id);
				if (known === undefined) attempts.push({ id, at: time.now, provider, least });
				else Object.assign(known, { provider, least });
				const answered = await network.call<{ reservation: Reservation; since: number }>(isolate, () =>
					shell.receive(async (copy) => {
						const reservation = await copy.api.reserve(structuredClone(request));
						return { reservation, since: copy.replacedAt ?? Number.POSITIVE_INFINITY };
					}),
				);
				const { reservation, since } = answered;
				if (reservation.outcome === "granted") {
					const asked = attempts.find((attempt) => attempt.id === id)?.at ?? time.now;
					this.#grants.set(id, { token: reservation.token, decidedFrom: Math.min(asked, since) });
				}
				return reservation;
			},
			admit: (request: AdmissionRequest) => network.call(isolate, () => shell.receive(({ api }) => api.admit(request))),
			settle: (batch: EndedBatch): Promise<BatchOutcome> => {
				const sent = this.#asJobs(this.#onItsWay(structuredClone(batch)));
				const call = network.call<BatchOutcome>(isolate, () =>
					shell.receive(async ({ api }) => this.#apply(api, sent)),
				);
				return call.catch((error: unknown) => {
					throw this.#mail.refusal(error);
				});
			},
			extend: (attemptId: string, openMs: number) =>
				network.call(isolate, () => shell.receive(({ api }) => api.extend(attemptId, openMs))),
		});
		return {
			DB: registry(this.#kind),
			API_KEYS: { getByName: (keyId: string) => stub(keyOf(this.#keys, keyId)) },
			SIMULATOR: { fetch: this.#upstream.fetchFor(isolate) },
		} as unknown as Env;
	}

	#onItsWay({ requests = [], ...batch }: EndedBatch): EndedBatch {
		const swell = (record: RequestRecord): RequestRecord => {
			const isSwollen = this.#swollen.has(record.requestId) && Object.keys(record.metadata).length > 0;
			return isSwollen ? { ...record, metadata: { ...record.metadata, swollen: SWOLLEN } } : record;
		};
		return { ...batch, requests: requests.map(swell) };
	}

	/** Has some attempts settle at all that was held, as the beginnings of jobs. A repetition says the same. */
	#asJobs({ items, ...batch }: EndedBatch): EndedBatch {
		if (!this.#kind.hasJobs) return { ...batch, items };
		return { ...batch, items: items.map((item) => (this.#isJob(item) ? this.#begun(item) : item)) };
	}

	#isJob({ attemptId, void: isVoid }: EndedAttempt): boolean {
		const known = this.#jobs.get(attemptId);
		if (known !== undefined) return known;
		const isJob = !isVoid && this.#on.random.chance(0.4);
		this.#jobs.set(attemptId, isJob);
		if (isJob) this.#bookLater(attemptId, this.#on.random.pick([50, 5_000, 200_000]));
		return isJob;
	}

	#begun(item: EndedAttempt): EndedAttempt {
		const actual = Math.max(item.actual, item.token?.amount ?? 0);
		return { ...item, actual, estimated: true, jobId: `job ${item.attemptId}` };
	}

	/** The provider tells what a job truly cost, until the key's object has heard it; sometimes once more. */
	#bookLater(attemptId: string, ms: number): void {
		const { time, platform, random, network } = this.#on;
		const again = (later: number): void => this.#bookLater(attemptId, later);
		time.after(ms, platform, () => {
			const asking = this.#asking(requestOf(attemptId));
			const attempt = asking.attempts.find(({ id }) => id === attemptId);
			const { work = null, at: createdAt = 0 } = attempt ?? {};
			if (work !== null && !work.isOver) return again(1_000);
			const target = { provider: (attempt?.provider ?? "") as ProviderName, model: work?.model.id ?? "" };
			const held = { attemptId, token: this.#grants.get(attemptId)?.token ?? null };
			const cost = { jobId: `job ${attemptId}`, createdAt, ...held, ...target, actual: work?.bill(time.now) ?? 0 };
			const { shell } = asking.key;
			const told = network.call<LateOutcome>(platform, () =>
				shell.receive(async ({ api }) => api.lateCost(structuredClone(cost))),
			);
			const limit = within(5_000, "the object", told);
			limit.then(
				(outcome) => {
					if (outcome === "early") again(60_000);
					else this.tally.late++;
					if (outcome === "applied" && random.chance(0.3)) again(2_000);
				},
				() => again(1_000),
			);
		});
	}

	/** An object whose code may fail, before it has applied a batch or after that. */
	#apply(api: ApiKey, batch: EndedBatch): BatchOutcome {
		const { labels, network } = this.#on;
		const fails = labels.chance(network.chaos.refusals);
		const applies = !fails || labels.chance(0.5);
		const outcome = applies ? api.settle(this.#mail.settle(structuredClone(batch))) : "late";
		if (fails) throw new Error("the object's code failed");
		return outcome;
	}

	#start(request: string, provider: string, work: Work | null): void {
		try {
			this.#begin(request, provider, work);
		} catch (error) {
			this.#fail(error);
		}
	}

	#begin(request: string, provider: string, work: Work | null): void {
		const { key, operation, attempts, hasAnswer } = this.#asking(request);
		const attempt = attempts.find(
			(one) => one.provider === provider && one.work === undefined && this.#grants.has(one.id),
		);
		const grant = attempt && this.#grants.get(attempt.id);
		must(attempt !== undefined && grant !== undefined, `${request} is sent to ${provider} without a grant`);
		must(!hasAnswer, `${attempt.id} is sent although something of an answer has reached the caller`);
		const before = attempts.filter((one) => one.work !== undefined);
		must(before.length < 3, `${attempt.id} is sent after three others`);
		if (before.some((one) => one.work?.isOver === false)) this.tally.copies++;
		else if (before.length > 0) this.tally.further++;
		attempt.work = work;
		if (work?.model === UNLISTED) this.tally.unlisted++;
		const { token, decidedFrom } = grant;
		const held = new Set(token?.lines.map(({ budgetId }) => budgetId));
		const isCovered = ({ operations }: BudgetSpec): boolean => operations?.includes(operation) ?? true;
		for (const spec of key.registration.budgets)
			must(held.has(spec.id) === isCovered(spec), `${attempt.id} is ${operation}, and so it counts in ${spec.id}`);
		if (work !== null) this.tally.operations[operation] = (this.tally.operations[operation] ?? 0) + 1;
		must(token === null || token.amount >= attempt.least, `${attempt.id} is sent under a hold for something else`);
		this.#truth.start({ id: attempt.id, keyId: key.registration.keyId, decidedFrom, token, work });
	}

	#asking(request: string): Asking {
		const asking = this.#asked.get(request);
		if (asking === undefined) throw new Error(`nobody asked for ${request}`);
		return asking;
	}
}

/** As a new isolate begins; but its team has been busy, so that second copies happen in a run as short as this. */
function busyIsolate(): IsolateState {
	const isolate = newIsolateState();
	for (let i = 0; i < 500; i++) isolate.hedgeBudgets.request(TEAM);
	isolate.hedgeBudgets.spent(TEAM, 50_000_000_000);
	return isolate;
}

/** Requests are told by the first part of their attempts' ids. */
function requestOf(attemptId: string): string {
	return attemptId.slice(0, attemptId.lastIndexOf("."));
}

/** A registry that holds the alias and the gateway's defaults, and nothing else. */
function registry({ unpriced }: Kind): D1Database {
	const { input, output } = CEILING;
	const perMillion = { input: input / 1e6, output: output / 1e6 };
	const defaults = { unpriced, ceilings: { [UNLISTED.provider]: perMillion } };
	const documents: Readonly<Record<string, readonly object[]>> = {
		alias: [{ name: "hedged", version: 1, body: JSON.stringify(HEDGED), created_at: 0 }],
		...(unpriced !== null && {
			defaults: [{ name: GATEWAY_DEFAULTS, version: 1, body: JSON.stringify(defaults), created_at: 0 }],
		}),
	};
	return {
		prepare: () => ({ bind: (kind?: string) => kind, all: async () => ({ results: [] }) }),
		batch: async (kinds: unknown[]) => kinds.map((kind) => ({ results: documents[String(kind)] ?? [] })),
	} as unknown as D1Database;
}

export function keyOf(keys: readonly Key[], keyId: string): Key {
	const key = keys.find(({ registration }) => registration.keyId === keyId);
	if (key === undefined) throw new Error(`there is no ${keyId}`);
	return key;
}
