// Calls one key's object inside workerd, as the Worker does.
import { env } from "cloudflare:workers";
import type { BudgetSpec } from "#core/budget/budget";
import type { KeyId, SecretId, TeamId } from "#core/ids";
import type { KeyRegistration } from "#core/key/key";
import type { Reservation, ReserveRequest } from "#core/key-object/reservation";
import type { EndedBatch } from "#core/key-object/settlement";
import type { Env } from "#env";

const bindings = env as unknown as Env;
/** Apart from those of other files: the runtime is one for many. */
const FILE = crypto.randomUUID();
const SECRET = "sec_1" as SecretId;

let keys = 0;
let attempts = 0;
let batches = 0;

export function budget(spec: Partial<BudgetSpec> = {}): BudgetSpec {
	return {
		id: "b",
		limit: 1_000_000,
		window: "total",
		timeZone: "UTC",
		owner: "key",
		action: "block",
		perEndUser: false,
		...spec,
	};
}

/** One key's object, called as the Worker calls it. */
export class KeyStub {
	readonly registration: KeyRegistration;

	constructor(more: Partial<KeyRegistration>) {
		const keyId = `key_${FILE}_${keys++}` as KeyId;
		this.registration = {
			keyId,
			teamId: "team_none" as TeamId,
			name: "a key",
			version: 1,
			policy: {},
			revokedAt: null,
			secrets: [{ id: SECRET, validUntil: null }],
			limits: {},
			budgets: [],
			...more,
		};
	}

	/** A key whose object has been told of it. */
	static async make(more: Partial<KeyRegistration>): Promise<KeyStub> {
		const key = new KeyStub(more);
		await key.stub.configure(key.registration);
		return key;
	}

	/** A fresh one each time: one that has failed keeps failing. */
	get stub() {
		return bindings.API_KEYS.getByName(this.registration.keyId);
	}

	async reserve(amount: number, more: Partial<ReserveRequest> = {}): Promise<Reservation> {
		return await this.stub.reserve({
			secretId: SECRET,
			version: this.registration.version,
			attemptId: `attempt_${attempts++}`,
			scope: { provider: "openai", model: "openai/gpt-6", endUser: null },
			amount,
			atLeast: amount,
			tokens: 10,
			openMs: 90_000,
			...more,
		});
	}

	/** A batch that ends attempts, each at the same cost. */
	batch(granted: readonly Reservation[], actual: number): EndedBatch {
		const items = granted.map((reservation) => {
			if (reservation.outcome !== "granted" || reservation.token === null) throw new Error("nothing is held");
			const { token } = reservation;
			return { attemptId: token.attemptId, token, actual, estimated: false, void: actual === 0, tokens: 10 };
		});
		return { id: `batch_${batches++}`, sentAt: Date.now(), items };
	}

	async budgetState(budgetId = "b") {
		const { budgets } = await this.stub.budgetStatus();
		const state = budgets.find(({ budget: { id } }) => id === budgetId);
		if (state === undefined) throw new Error(`no budget ${budgetId}`);
		return state;
	}
}

/** Nano-dollars that were granted. */
export function held(reservations: readonly Reservation[]): number {
	return reservations.reduce((sum, each) => sum + (each.outcome === "granted" ? (each.token?.amount ?? 0) : 0), 0);
}

export function outcomes(reservations: readonly Reservation[]): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const { outcome } of reservations) counts[outcome] = (counts[outcome] ?? 0) + 1;
	return counts;
}
