// One run of the whole-gateway simulation, driven by a seed.
import type { BudgetSpec } from "#core/budget/budget";
import type { KeyBudgetStatus } from "#core/budget/budget-status";
import type { KeyId } from "#core/ids";
import type { KeyRegistration } from "#core/key/key";
import type { OperationName } from "#core/operation-name";
import type { Swept } from "#core/usage/owed";
import { ApiKey } from "#durable-objects/api-key/api-key";
import { limiterIn, migrateKey, registrationIn } from "#durable-objects/api-key/schema";
import { UsageShipper } from "#durable-objects/api-key/usage/usage-shipper";
import type { LeaseReport, Loan, RecallReason } from "#durable-objects/shared/lease-protocol";
import { Outbox } from "#durable-objects/shared/outbox";
import { SqlOutbox } from "#durable-objects/shared/outbox-sql";
import { migrateTeam, SqlTeamStore, teamRegistrationIn } from "#durable-objects/team/schema";
import { Team } from "#durable-objects/team/team";
import { sweep } from "#jobs/sweeper";
import { within } from "#lib/deadline";
import { askObject } from "#objects/call";
import { MAX_LEASE_MS } from "#objects/key-client";
import { MAX_EXCHANGE_MS } from "#objects/team-client";
import { Random } from "#test/support/random";
import { Admin, type SimulatedTeam } from "./admin";
import type { Kind } from "./asks";
import { Books } from "./books";
import { Database, type Refuses } from "./database";
import { Gateway, type Key, keyOf, type Mail, SECRET, type Tally, TEAM } from "./gateway";
import { CALM, type Chaos, Network } from "./network";
import { Shell, type Surroundings } from "./shell";
import { Host, VirtualTime } from "./time";
import { must, Truth } from "./truth";
import { WatchedStore } from "./watched-store";

/** An ordinary midnight in UTC. */
const MIDNIGHT = Date.UTC(2027, 4, 6);

/** One run: a team, its keys, an isolate of the gateway and an upstream, driven by a seed. */
export class World {
	readonly #random: Random;
	readonly #time: VirtualTime;
	readonly #platform = new Host("platform");
	readonly #chaos: Chaos;
	readonly #network: Network;
	readonly #on: Surroundings;
	readonly #truth: Truth;
	readonly #keys: Key[] = [];
	readonly #team: SimulatedTeam;
	readonly #gateway: Gateway;
	readonly #admin: Admin;
	readonly #database: Database;
	#wrong: { readonly error: unknown } | null = null;

	constructor(seed: number, mail: Mail, kind: Kind) {
		const random = new Random(seed);
		this.#random = random;
		this.#database = new Database(seed % 3 === 0 ? refusesSome : undefined);
		const labels = new Random(~seed);
		this.#chaos = chaosOf(seed, random, labels);
		this.#time = new VirtualTime(MIDNIGHT - random.between(2_000, 90_000));
		this.#network = new Network(this.#time, random, this.#platform, this.#chaos);
		this.#on = { time: this.#time, random, labels, network: this.#network, platform: this.#platform };
		this.#truth = new Truth(() => this.#time.now);

		const names = random.chance(0.75) ? (random.chance(0.25) ? ["shared", "second"] : ["shared"]) : [];
		const teamBudgets = names.map((name) => budgetOf(random, name, "team", kind));
		for (const spec of teamBudgets) this.#truth.addBudget(spec);
		this.#team = {
			registration: { teamId: TEAM, version: 1, budgets: teamBudgets },
			shell: new Shell<Team>(
				"team",
				this.#on,
				({ host, database, clock }) => {
					migrateTeam(database);
					return new Team({
						registrations: teamRegistrationIn(database),
						registry: { read: () => this.#look(host, () => this.#team.registration) },
						store: new SqlTeamStore(database, { write: (_, beside) => database.transactionSync(beside) }),
						keys: {
							recall: (keyId, why) =>
								askObject({ getByName: (name) => keyOf(this.#keys, name) }, keyId, MAX_LEASE_MS, (key) =>
									this.#recall(host, key, why),
								),
							report: () => Promise.reject(new Error("nobody asks the team how it stands")),
						},
						clock,
					});
				},
				async () => {},
			),
		};
		const keys = random.between(1, 3);
		for (let k = 0; k < keys; k++) this.#addKey(`key_${k}` as KeyId, teamBudgets, kind);
		this.#gateway = new Gateway(this.#on, this.#truth, this.#keys, mail, kind, (error) => this.#fail(error));
		this.#admin = new Admin(this.#on, this.#truth, this.#team, this.#keys);
		for (const { shell } of [this.#team, ...this.#keys]) shell.begin();
	}

	get steps(): number {
		return this.#time.steps;
	}

	/** All that is stored in the end: equal for equal seeds. */
	get remains(): string {
		const tables = this.#keys.flatMap(({ shell }) =>
			["lines", "outbox"].map((table) => shell.disk.rows(`SELECT * FROM ${table}`)),
		);
		return JSON.stringify([this.steps, [...this.answers], tables, this.#shares()]);
	}

	/** How often requests were answered in which way. */
	get answers(): ReadonlyMap<string, number> {
		return this.#gateway.answers;
	}

	/** How many entries D1 refused. */
	get refused(): number {
		return this.#database.rows("SELECT 1 FROM refused_entries").length;
	}

	get tally(): Tally {
		return this.#gateway.tally;
	}

	/** Lets the run happen, lets everything come to an end, and looks at what is left. Throws `Broken`. */
	async run(): Promise<void> {
		const random = this.#random;
		let at = 0;
		const requests = random.between(8, 30);
		for (let i = 0; i < requests; i++) {
			at += random.chance(0.08) ? random.between(9_000, 70_000) : random.between(0, random.pick([20, 400, 4_000]));
			this.#time.after(at, this.#platform, () => this.#gateway.request());
		}
		for (let changes = random.between(0, 3); changes > 0; changes--) {
			this.#time.after(random.between(0, at), this.#platform, () => this.#admin.changeBudget());
		}
		// A revocation cuts what runs, which is then charged by an estimate.
		if (this.#chaos !== CALM && random.chance(0.3)) {
			this.#time.after(random.between(0, at), this.#platform, () => this.#admin.revoke());
		}
		this.#sweepEveryMinute();
		await this.#pass(at + 5_000);
		await this.#drain();
	}

	close(): void {
		this.#database.close();
		this.#gateway.die();
		this.#team.shell.crash();
		this.#team.shell.disk.close();
		for (const { shell } of this.#keys) {
			shell.crash();
			shell.disk.close();
		}
	}

	async #pass(ms: number): Promise<void> {
		await this.#time.run(this.#time.now + ms, () => this.#wrong !== null);
		if (this.#wrong !== null) throw this.#wrong.error;
	}

	/** Everything is reachable again, and time passes until nobody waits for anything. */
	async #drain(): Promise<void> {
		this.#network.chaos = CALM;
		for (const { shell } of [...this.#keys, this.#team]) shell.settleDown();
		await this.#pass(900_000);
		// Before anybody asks the objects anything: that would wake the ones that sleep on what they owe.
		for (const { books } of this.#keys) books.check(this.#database);
		for (const attemptId of this.#database.claims()) {
			this.#truth.checkImplausible(attemptId);
			this.#gateway.tally.claims++;
		}
		must(this.#gateway.open.size === 0, `never answered: ${[...this.#gateway.open].join()}`);
		this.#truth.checkCharges();
		if (this.#chaos === CALM) {
			const logged = this.#database.rows("SELECT id FROM request_log WHERE status IS NOT NULL").length;
			must(
				logged === this.#gateway.asked,
				`${logged} of ${this.#gateway.asked} requests are in the log, and none was lost`,
			);
		}
		for (const { registration, shell } of this.#keys) {
			const lines = shell.disk.rows("SELECT * FROM lines") as unknown as LineRow[];
			for (const line of lines) {
				const ref = { budgetId: line.budget, endUser: line.end_user, window: line.window };
				const used = usedOf(line);
				const billed = this.#truth.billed(registration.keyId, ref);
				const where = `${registration.keyId} ${line.budget} ${line.end_user} ${line.window}`;
				must(used >= billed, `${where} counts ${used} of ${billed} billed`);
				if (this.#chaos === CALM)
					must(used === billed, `${where} counts ${used} for ${billed} billed, although nothing was lost`);
			}
			const { answer } = shell.receive(({ api }) => api.budgetStatus());
			await this.#pass(1_000);
			const status = (await answer) as KeyBudgetStatus;
			for (const { budget, reserved } of status.budgets)
				must(reserved === 0, `${budget.id} still reserves ${reserved}`);
		}
		this.#checkReturned();
	}

	/** Looks after sleeping objects, as the cron trigger does. */
	#sweepEveryMinute(): void {
		const platform = this.#platform;
		const touch = (object: string): Promise<Swept> => {
			const { shell } = keyOf(this.#keys, object.slice("key/".length));
			const call = this.#network.call<Swept>(platform, () => shell.receive(({ api }) => api.sweep()));
			return within(10_000, "an object", call);
		};
		this.#time.after(60_000, platform, () => {
			this.#sweepEveryMinute();
			const found = sweep(this.#bindingFor(platform), touch, this.#time.now);
			found.catch(() => {});
		});
	}

	/** I7: what is lent is what was used. */
	#checkReturned(): void {
		for (const share of this.#shares()) {
			const key = keyOf(this.#keys, share.api_key);
			const [line] = key.shell.disk.rows(
				"SELECT * FROM lines WHERE budget = ? AND window = ?",
				share.budget,
				share.window,
			) as unknown as LineRow[];
			// What counts no more, its key need not return.
			if (!this.#truth.counts(share.budget, share.window)) continue;
			const used = line === undefined ? 0 : usedOf(line);
			const lent = share.granted - share.returned;
			must(lent === used, `I7: ${share.api_key} is lent ${lent} and used ${used} in ${share.window}`);
		}
	}

	/** I2: a key never uses more than its team counts as lent to it. */
	#checkLent(key: Key): void {
		const { keyId, budgets } = key.registration;
		const shared = budgets.flatMap(({ id, owner }) => (owner === "team" ? [id] : []));
		const lines = key.shell.disk.rows("SELECT * FROM lines") as unknown as LineRow[];
		const shares = lines.length === 0 ? [] : this.#shares();
		for (const line of lines) {
			if (!shared.includes(line.budget)) continue;
			const share = shares.find(
				({ budget, window, api_key }) => budget === line.budget && window === line.window && api_key === keyId,
			);
			const lent = share === undefined ? 0 : share.granted - share.returned;
			must(usedOf(line) <= lent, `I2: ${keyId} uses ${usedOf(line)} and is lent ${lent}`);
		}
	}

	#shares(): ShareRow[] {
		return this.#team.shell.disk.rows("SELECT * FROM shares") as unknown as ShareRow[];
	}

	#addKey(keyId: KeyId, teamBudgets: readonly BudgetSpec[], kind: Kind): void {
		const random = this.#random;
		const own = random.chance(0.6) ? [budgetOf(random, `own_${keyId}`, "key", kind)] : [];
		for (const spec of own) this.#truth.addBudget(spec);
		const registration: KeyRegistration = {
			keyId,
			teamId: TEAM,
			name: keyId,
			version: 1,
			policy: {},
			revokedAt: null,
			secrets: [{ id: SECRET, validUntil: null }],
			limits: random.chance(0.3) ? { concurrentRequests: random.between(2, 6), requestsPerMinute: 30 } : {},
			budgets: [...own, ...teamBudgets],
		};
		const shell: Shell<ApiKey> = new Shell<ApiKey>(
			keyId,
			this.#on,
			({ host, database, clock, wakeAt }) => {
				migrateKey(database);
				const random = () => this.#random.next();
				const owed = new SqlOutbox(database, clock, random);
				const carrier = new UsageShipper(this.#bindingFor(host), keyId, clock);
				return new ApiKey({
					keyId,
					registrations: registrationIn(database),
					registry: { read: () => this.#look(host, () => key.registration) },
					limiter: limiterIn(database),
					ledger: (beside) => {
						const store = new WatchedStore(keyId, database, owed, beside);
						store.onCommit = ({ record }) => {
							if (record?.kind === "late-cost") this.#guard(() => this.#truth.booked(record.job, record.actual));
							if (record?.kind !== "settlement") return;
							this.#guard(() => {
								for (const settlement of record.settlements) this.#truth.ended(settlement);
							});
						};
						store.onRecord = (record) => key.books.settling(record);
						store.onExpired = (expired, at) => key.books.expiring(expired, at);
						return store;
					},
					team: {
						exchange: (_, reports) =>
							askObject({ getByName: () => null }, TEAM, MAX_EXCHANGE_MS, () => this.#exchange(host, reports)),
					},
					outbox: new Outbox(owed, carrier, clock, random),
					clock,
					wakeAt,
				});
			},
			(teller) => teller.wake(),
		);
		const key: Key = { registration, shell, books: new Books(keyId, shell.disk) };
		shell.onCommit = () => this.#guard(() => this.#checkLent(key));
		this.#keys.push(key);
	}

	#bindingFor(host: Host): D1Database {
		return this.#database.binding((run) =>
			this.#network.call(host, () => ({ host: this.#platform, answer: new Promise((resolve) => resolve(run())) })),
		);
	}

	/** A look at the registry, which may fail. */
	#look<T>(host: Host, read: () => T): Promise<T> {
		return this.#network.call<T>(host, () => ({ host: this.#platform, answer: Promise.resolve(read()) }));
	}

	#exchange(host: Host, reports: readonly LeaseReport[]): Promise<Loan[]> {
		const sent = structuredClone(reports);
		return this.#network.call(host, () => this.#team.shell.receive(({ api }) => api.exchange(structuredClone(sent))));
	}

	#recall(host: Host, { shell }: Key, why: RecallReason): Promise<readonly LeaseReport[]> {
		return this.#network.call(host, () => shell.receive(({ api }) => api.recall(why)));
	}

	#guard(check: () => void): void {
		try {
			check();
		} catch (error) {
			this.#fail(error);
		}
	}

	/** The first that went wrong ends the run. */
	#fail(error: unknown): void {
		this.#wrong ??= { error };
	}
}

/** Pictures and sound cost many times what a few words do. */
const MEDIA_LIMIT_FACTOR = 80;

function budgetOf(random: Random, id: string, owner: "key" | "team", { hasOperations }: Kind): BudgetSpec {
	const limit = random.between(60_000, random.pick([200_000, 800_000, 3_000_000]));
	const operations = hasOperations && random.chance(0.4) ? random.pick(NARROWED) : null;
	const isLarge = operations === null ? hasOperations && random.chance(0.3) : !operations.includes("chat");
	return {
		id,
		limit: isLarge ? limit * MEDIA_LIMIT_FACTOR : limit,
		...(operations !== null && { operations }),
		window: random.pick([
			"total",
			"day",
			{ rollingSeconds: 60 },
			{ rollingSeconds: 600 },
			{ rollingSeconds: 7_200 },
		] as const),
		timeZone: "UTC",
		owner,
		action: "block",
		perEndUser: owner === "key" && random.chance(0.25),
	};
}

/** What a budget may count alone. */
const NARROWED: readonly (readonly OperationName[])[] = [
	["chat"],
	["chat", "moderations", "embeddings"],
	["images"],
	["speech", "transcription"],
	["embeddings", "rerank", "images"],
];

/** Every fourth seed runs without any mishap. */
function chaosOf(seed: number, random: Random, labels: Random): Chaos {
	if (seed % 4 === 0) return CALM;
	const some = (most: number): number => (random.chance(0.6) ? random.next() * most : 0);
	return {
		lost: some(0.15),
		doubled: some(0.3),
		slow: some(0.15),
		crashes: some(0.1),
		alarms: some(0.2),
		moves: some(0.1),
		isolates: some(0.1),
		refusals: labels.chance(0.25) ? labels.next() * 0.2 : 0,
		broken: some(0.4),
	};
}

/** A D1 that takes few entries at once, and none that names one of the end users, whatever else is well. */
const refusesSome: Refuses = (values) => {
	const text = values.map(String).join();
	return text.includes('"endUser":"bob"') || new Set(text.match(/"seq":\d+/g)).size > 2;
};

interface LineRow {
	readonly budget: string;
	readonly end_user: string;
	readonly window: number;
	readonly allowed: number;
	readonly credited: number;
	readonly forgiven: number;
	readonly overrun: number;
}

interface ShareRow {
	readonly budget: string;
	readonly window: number;
	readonly api_key: string;
	readonly granted: number;
	readonly returned: number;
}

function usedOf({ allowed, credited, forgiven, overrun }: LineRow): number {
	return allowed - credited - forgiven + overrun;
}
