// Runs the loop over candidates with scripted upstreams, without HTTP and storage.
import { expect } from "vitest";
import type { Model } from "#catalog/model";
import type { ChatRequest, Chunk, Completion } from "#core/chat/chat";
import { type ErrorDetails, GatewayError, invalidRequest, unsupportedParameter } from "#core/errors";
import type { Outcome } from "#core/health/health";
import type { CredentialId, KeyId, ProviderName, TeamId } from "#core/ids";
import type { KeyState } from "#core/key/key";
import type { KeyPolicy } from "#core/key/policy";
import type { Principal } from "#core/key/principal";
import type { BudgetFigure } from "#core/key-object/reservation";
import type { EndedAttempt } from "#core/key-object/settlement";
import type { Alias } from "#core/routing/alias";
import type { AttemptRecord } from "#core/usage/request-record";
import type { Answer } from "#gateway/attempts/answer";
import { Failover } from "#gateway/attempts/failover";
import type { Ports } from "#gateway/attempts/ports";
import type { TimeLimits } from "#gateway/attempts/time-limits";
import { type IsolateState, newIsolateState } from "#gateway/isolate-state";
import { SpendRefused } from "#gateway/spending/reservation";
import { budgetExhausted } from "#gateway/spending/reservation-errors";
import { chat } from "#operations/chat/index";
import { openaiCompatible } from "#providers/openai-chat/index";
import type { Provider, ProviderCredential } from "#providers/provider";
import type { Candidate, RoutePlan } from "#router/plan";
import { aliasOf } from "#test/unit/router/world";
import { model, request } from "./upstream-request";

/** What an upstream does with one call. */
export type Manner = ProviderCredential["send"];

const usage = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 };
const frame = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
const chunk = (delta: object, finish: string | null = null) =>
	frame({ id: "x", model: "m", choices: [{ index: 0, delta, finish_reason: finish }] });
const sse = (body: BodyInit) => new Response(body, { headers: { "content-type": "text/event-stream" } });

/** Answers, streamed if asked to. */
export function says(content: string): Manner {
	return async ({ body }) =>
		body.stream === true
			? sse(`${chunk({ content })}${chunk({}, "stop")}${frame({ id: "x", choices: [], usage })}data: [DONE]\n\n`)
			: Response.json({
					id: "x",
					model: "m",
					choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
					usage,
				});
}

/** An error status, as an OpenAI-compatible server writes it. */
export function fails(status: number, error: object = {}, headers: Record<string, string> = {}): Manner {
	return async () => Response.json({ error: { message: "no", ...error } }, { status, headers });
}

export const unreachable: Manner = () => Promise.reject(new TypeError("fetch failed"));

/** Neither answers nor fails, until it is let go. */
export const silent: Manner = (_, signal) =>
	new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

/** Accepts, says `pieces`, and then nothing more. */
export function stalls(...pieces: string[]): Manner {
	return async (_, signal) => {
		const encoder = new TextEncoder();
		const body = new ReadableStream<Uint8Array>({
			start(controller) {
				for (const content of pieces) controller.enqueue(encoder.encode(chunk({ content })));
				signal.addEventListener("abort", () => controller.error(signal.reason));
			},
		});
		return sse(body);
	};
}

/** Accepts, says `pieces`, and breaks off. */
export function breaks(...pieces: string[]): Manner {
	return async () => {
		const encoder = new TextEncoder();
		const rest = [...pieces];
		const body = new ReadableStream<Uint8Array>({
			pull(controller) {
				const content = rest.shift();
				if (content === undefined) controller.error(new TypeError("terminated"));
				else controller.enqueue(encoder.encode(chunk({ content })));
			},
		});
		return sse(body);
	};
}

const ALIAS: Alias = aliasOf("chat", []);

const PRINCIPAL: Principal = {
	keyId: "key_1" as KeyId,
	teamId: "team_1" as TeamId,
	name: "test",
	last4: "last",
	policy: {},
};

const KEY: KeyState = { ...PRINCIPAL, version: 1 };

/** One target: a provider of this name with one model, `m`. */
export interface Target {
	readonly name: string;
	/** One manner for each call; the last one goes on. */
	readonly manners: readonly Manner[];
	readonly candidate?: Partial<Candidate>;
	readonly model?: Partial<Model>;
	/** What it cannot be asked. */
	readonly refuses?: string;
}

/** How the world around a run behaves. */
export interface Setting {
	readonly targets: readonly Target[];
	/** A new one without it. */
	readonly isolate?: IsolateState;
	readonly alias?: Partial<Alias> | null;
	readonly request?: Partial<ChatRequest>;
	readonly limits?: Partial<TimeLimits>;
	readonly caller?: AbortSignal;
	readonly excluded?: RoutePlan["excluded"];
	/** How many attempts the budget affords. */
	readonly affords?: number;
	/** How long each hold after the first takes, in milliseconds. */
	readonly furtherHoldMs?: number;
	/** What the key's object answers instead of the first holds: the policy in force then. */
	readonly keyChanges?: readonly KeyPolicy[];
	/** The policy in force when the request cannot be routed; without it, the one that was seen. */
	readonly inForce?: KeyPolicy;
	/** Under which policies the request can be routed; under all without it. */
	readonly routes?: (policy: KeyPolicy) => boolean;
	/** Permits for trials, by provider; without an entry none is given. */
	readonly permits?: Readonly<Record<string, string>>;
	readonly team?: string;
	/** How the tightest budget stands once a hold was granted; none binds without it. */
	readonly tightest?: BudgetFigure;
	/** The most that a hold gets, in nano-dollars. */
	readonly mostHeld?: number;
	/** Providers that only a downgrade leads to. */
	readonly aside?: readonly string[];
	/** By provider. */
	readonly nearest?: Readonly<Record<string, string>>;
	/** Milliseconds, by provider. */
	readonly usualTtft?: Readonly<Record<string, number>>;
	/** What the candidates are from then on, in milliseconds since the epoch. */
	readonly later?: { readonly from: number; readonly candidate: Partial<Candidate> };
}

/** A run of attempts over fake providers, and all that it told the world. */
export class TestRun {
	readonly failover: Failover;
	/** By provider, in the order of the calls. */
	readonly calls: string[] = [];
	readonly settled: EndedAttempt[] = [];
	readonly outcomes: ({ provider: string } & Outcome)[] = [];
	readonly records: AttemptRecord[] = [];
	readonly returned: string[] = [];
	/** Holds that no attempt was made with. */
	readonly released: string[] = [];
	/** By provider, whether it was of use. */
	readonly learnt: string[] = [];
	/**
	 * The policies that the request was planned under, and those that a hold was asked for under, with their versions.
	 */
	readonly plannedUnder: KeyPolicy[] = [];
	readonly heldUnder: (readonly [KeyPolicy, version: number])[] = [];
	/** Holds that are kept alive now. */
	beating = 0;
	/** Permits that are kept from expiring now. */
	readonly trying = new Set<string>();

	constructor(setting: Setting) {
		const { targets, limits, caller, affords = 3, permits = {}, excluded = [] } = setting;
		const providers = new Map(targets.map((target) => [target.name, this.#provider(target)]));
		const aside = setting.aside ?? [];
		const planOf = (names: (name: string) => boolean): RoutePlan => ({
			strategy: "priority",
			alias: setting.alias === null ? null : { ...ALIAS, ...setting.alias },
			candidates: targets
				.filter(({ name }) => names(name))
				.map(candidateOf)
				.map((one) =>
					setting.later && Date.now() >= setting.later.from ? { ...one, ...setting.later.candidate } : one,
				),
			excluded,
			affinity: null,
			rule: null,
			recall: false,
		});
		const principal = { ...PRINCIPAL, teamId: (setting.team ?? PRINCIPAL.teamId) as TeamId };
		const changes = [...(setting.keyChanges ?? [])];
		const snapshot = { figures: { requests: null, tokens: null }, tightest: setting.tightest ?? null };
		const ports: Ports = {
			isolate: setting.isolate ?? newIsolateState(),
			cacheMarks: () => null,
			route: ({ policy }, model) => {
				this.plannedUnder.push(policy);
				if (setting.routes?.(policy) === false) throw invalidRequest("not for this key");
				if (model === null) return planOf((name) => !aside.includes(name));
				const plan = planOf((name) => `${name}/m` === model);
				if (plan.candidates.length === 0) throw invalidRequest("no such model");
				return plan;
			},
			learn: (candidate, failed) => {
				this.learnt.push(`${candidate.model.provider}:${failed ? "failed" : "ok"}`);
				return undefined;
			},
			providers,
			principal: ({ policy }) => ({ ...principal, policy }),
			keyInForce: async (seen) =>
				setting.inForce === undefined || seen.policy === setting.inForce ? seen : { ...KEY, policy: setting.inForce },
			ceiling: () => null,
			reserve: async (number, wanted, { policy }, version) => {
				this.heldUnder.push([policy, version]);
				if (number > 1 && setting.furtherHoldMs !== undefined) {
					await new Promise((resolve) => setTimeout(resolve, setting.furtherHoldMs));
				}
				const changed = changes.shift();
				if (changed !== undefined) {
					return { outcome: "changed", current: { ...KEY, policy: changed, version: version + 1 } };
				}
				const most = wanted.bound?.amount ?? 0;
				const amount = Math.min(most, setting.mostHeld ?? most);
				if (number > affords || (amount < most && !wanted.openEnded)) {
					throw new SpendRefused(budgetExhausted(EXHAUSTED, 1), snapshot);
				}
				const attemptId = `req_1.${number}`;
				const token = { attemptId, amount, lines: [] };
				return {
					outcome: "granted",
					hold: { attemptId, principal: { ...principal, policy }, token, limits: snapshot, warnings: [] },
				};
			},
			release: ({ attemptId }) => void this.released.push(attemptId),
			nearest: (_, { provider }) => setting.nearest?.[provider],
			usualTtft: ({ model: { provider } }) => setting.usualTtft?.[provider] ?? null,
			trial: async ({ model: { provider } }) => {
				const id = permits[provider];
				return id === undefined ? null : { id, expiresAt: 0 };
			},
			returnTrial: (_, { id }) => void this.returned.push(id),
			keepTrial: (_, { id }) => {
				this.trying.add(id);
				return () => void this.trying.delete(id);
			},
			keepAlive: () => {
				this.beating++;
				return () => void this.beating--;
			},
			begun: () => (record) => void this.records.push(record),
			settle: (_, ended) => void this.settled.push(ended),
			report: (provider, outcome) => void this.outcomes.push({ provider, ...outcome }),
		};
		const job = {
			operation: chat,
			request: { ...request, ...setting.request },
			caller: caller ?? new AbortController().signal,
			receivedAt: Date.now(),
			relayTo: "chat",
		};
		this.failover = new Failover(job, KEY, { totalMs: null, beginMs: null, ttftMs: null, ...limits }, ports);
	}

	get labels(): readonly string[] {
		return this.failover.attempts.map(({ label }) => label);
	}

	/** The text of the whole answer, read to its end. */
	async text(): Promise<string> {
		return textOf(await this.failover.run());
	}

	#provider({ name, manners, model: change, refuses }: Target): Provider {
		const rest = [...manners];
		const send: Manner = (call, signal) => {
			this.calls.push(name);
			const manner = rest.length > 1 ? rest.shift() : rest[0];
			if (manner === undefined) throw new Error("a target without a manner");
			return manner(call, signal);
		};
		return {
			name: name as ProviderName,
			models: [{ ...model, provider: name as ProviderName, ...change }],
			defaultModel: "m",
			adapter:
				refuses === undefined
					? openaiCompatible
					: { ...openaiCompatible, chat: { ...openaiCompatible.chat, encode: () => refuse(refuses) } },
			simulated: false,
			credentials: [
				{
					id: "default" as CredentialId,
					weight: 1,
					send,
					look: send,
					file: () => Promise.reject(new Error("no file is asked for")),
					conceal: (text) => text,
				},
			],
		};
	}
}

function refuse(param: string): never {
	throw unsupportedParameter(param, `\`${param}\` is not supported here`);
}

/** A budget of 1,000 nano-dollars, as it stands. */
export function budgetWith(remaining: number): BudgetFigure {
	const budget = {
		id: "bud_1",
		limit: 1_000,
		window: "total",
		timeZone: "UTC",
		owner: "key",
		action: "block",
	} as const;
	return { budget: { ...budget, perEndUser: false }, remaining, resetsAt: null };
}

const EXHAUSTED = budgetWith(0);

function candidateOf({ name, candidate, model: change }: Target): Candidate {
	return {
		model: { ...model, provider: name as ProviderName, ...change },
		credential: "default" as CredentialId,
		needsTrial: false,
		deferred: null,
		shutUntil: null,
		score: null,
		parts: {},
		expectedCost: null,
		...candidate,
	};
}

export async function textOf(answer: Answer): Promise<string> {
	if (answer.kind === "whole") return (answer.whole as Completion).choices[0]?.message.content ?? "";
	let text = "";
	for (;;) {
		const chunks = await answer.stream.next();
		if (chunks === null) return text;
		if (chunks === "silent") continue;
		for (const { choices } of chunks as Chunk[]) text += choices[0]?.delta.content ?? "";
	}
}

export const at = (name: string, ...manners: Manner[]): Target => ({ name, manners });

/** What a run that fails tells its caller. */
export async function errorOf(run: TestRun): Promise<ErrorDetails> {
	try {
		await run.text();
	} catch (error) {
		if (error instanceof GatewayError) return error.details;
		throw error;
	}
	throw new Error("succeeded");
}

/** Each attempt has ended once in all books, and no hold is kept alive. */
export function expectBooksInOrder(run: TestRun): void {
	const ids = run.failover.attempts.map(({ hold }) => hold.attemptId);
	expect(run.settled.map(({ attemptId }) => attemptId).toSorted()).toEqual(ids);
	expect(run.records.map(({ attemptId }) => attemptId).toSorted()).toEqual(ids);
	expect(run.beating).toBe(0);
}
