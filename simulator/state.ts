// The object that remembers what the simulated vendors billed and which faults tests have scripted.

import { DurableObject } from "cloudflare:workers";
import * as v from "valibot";
import { type BatchPace, type KeptBatch, KeptBatches, USUAL_PACE } from "#simulator/accounts/stored-batches";
import { type KeptFile, KeptFiles } from "#simulator/accounts/stored-files";
import { type Fault, FaultSchema, isSpent, type ScriptedFault, type Strike, strike } from "#simulator/faults/faults";
import type { ListChanges } from "#simulator/model/list-changes";
import { endOf, type SimulatedVideo } from "#simulator/wire/videos/vendor";

interface Line {
	/** Answers that were billed. */
	requests: number;
	/** Requests that ended without a bill: refused, failed, or never answered. */
	unbilled: number;
	nano_usd: number;
}
export interface Billing {
	requests: number;
	unbilled: number;
	total_nano_usd: number;
	providers: Record<string, Line & { models: Record<string, Line> }>;
}

/** What the simulated vendors remember: the books with the true bill, and the faults scripted by tests. */
export class SimulatorState extends DurableObject<unknown> {
	readonly #sql: SqlStorage;
	readonly #files: KeptFiles;
	readonly #batches: KeptBatches;
	#batchPace: BatchPace = USUAL_PACE;

	constructor(ctx: DurableObjectState, env: unknown) {
		super(ctx, env);
		this.#sql = ctx.storage.sql;
		this.#files = new KeptFiles(this.#sql);
		this.#batches = new KeptBatches(this.#sql);
		this.#sql.exec(`CREATE TABLE IF NOT EXISTS books (
			provider TEXT NOT NULL, model TEXT NOT NULL,
			requests INTEGER NOT NULL, unbilled INTEGER NOT NULL, nano_usd INTEGER NOT NULL,
			PRIMARY KEY (provider, model)) WITHOUT ROWID`);
		this.#sql.exec(`CREATE TABLE IF NOT EXISTS faults (
			position INTEGER PRIMARY KEY, fault TEXT NOT NULL, seen INTEGER NOT NULL, struck INTEGER NOT NULL)`);
		this.#sql.exec("CREATE TABLE IF NOT EXISTS videos (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID");
		this.#sql.exec("CREATE TABLE IF NOT EXISTS list_changes (provider TEXT PRIMARY KEY, change TEXT NOT NULL)");
	}

	/** Enters one request; `nanoUsd` is null when the vendor bills nothing for it. */
	book(provider: string, model: string, nanoUsd: number | null): void {
		const billed = nanoUsd === null ? 0 : 1;
		this.#sql.exec(
			`INSERT INTO books VALUES (?1, ?2, ?3, 1 - ?3, ?4) ON CONFLICT DO UPDATE SET
				requests = requests + ?3, unbilled = unbilled + 1 - ?3, nano_usd = nano_usd + ?4`,
			provider,
			model,
			billed,
			nanoUsd ?? 0,
		);
	}

	billing(): Billing {
		const billing: Billing = { requests: 0, unbilled: 0, total_nano_usd: 0, providers: {} };
		const rows = this.#sql.exec<{
			provider: string;
			model: string;
			requests: number;
			unbilled: number;
			nano_usd: number;
		}>("SELECT provider, model, requests, unbilled, nano_usd FROM books ORDER BY provider, model");
		for (const { provider, model, ...line } of rows) {
			billing.providers[provider] ??= { requests: 0, unbilled: 0, nano_usd: 0, models: {} };
			const book = billing.providers[provider];
			book.models[model] = line;
			book.requests += line.requests;
			book.unbilled += line.unbilled;
			book.nano_usd += line.nano_usd;
			billing.requests += line.requests;
			billing.unbilled += line.unbilled;
			billing.total_nano_usd += line.nano_usd;
		}
		return billing;
	}

	beginVideo(video: SimulatedVideo): void {
		this.#sql.exec("INSERT INTO videos VALUES (?, ?)", video.id, JSON.stringify(video));
		// It is billed once it is completed.
		this.book(video.provider, video.model, null);
	}

	/** A vendor's job; null when it has none of that id. With `counts` it goes on, and is billed once it is completed. */
	askVideo(provider: string, id: string, counts: boolean): SimulatedVideo | null {
		const [row] = this.#sql.exec<{ body: string }>("SELECT body FROM videos WHERE id = ?", id);
		const video = row === undefined ? null : (JSON.parse(row.body) as SimulatedVideo);
		if (video === null || video.provider !== provider) return null;
		if (!counts) return video;
		const next = { ...video, asked: video.asked + 1 };
		this.#sql.exec("UPDATE videos SET body = ? WHERE id = ?", JSON.stringify(next), id);
		if (endOf(video) === null && endOf(next) === "completed") this.book(provider, video.model, video.cost);
		return next;
	}

	removeVideo(id: string): void {
		this.#sql.exec("DELETE FROM videos WHERE id = ?", id);
	}

	clearBooks(): void {
		this.#sql.exec("DELETE FROM books");
	}

	writeBatch(batch: KeptBatch): void {
		this.#batches.write(batch);
	}

	findBatch(account: string, id: string): KeptBatch | null {
		return this.#batches.find(account, id);
	}

	listBatches(account: string): KeptBatch[] {
		return this.#batches.list(account);
	}

	/** Whether the caller is the one that ends it. */
	endBatch(id: string): boolean {
		return this.#batches.end(id);
	}

	batchPace(): BatchPace {
		return this.#batchPace;
	}

	setBatchPace(pace: BatchPace): void {
		this.#batchPace = pace;
	}

	keepFile(account: string, file: KeptFile, bytes: Uint8Array): void {
		this.#files.keep(account, file, bytes);
	}

	findFile(account: string, id: string, now: number): KeptFile | null {
		return this.#files.find(account, id, now);
	}

	fileContent(id: string): Uint8Array {
		return this.#files.content(id);
	}

	listFiles(account: string, now: number): KeptFile[] {
		return this.#files.list(account, now);
	}

	forgetFile(account: string, id: string): void {
		this.#files.forget(account, id);
	}

	/** Takes what strikes one request off the list. `models` are the names that a fault may call its model by. */
	takeStrike(provider: string, models: string[]): Strike {
		return this.#take(provider, models, false);
	}

	/** The same for a list of models, which only a fault strikes that calls it by its name. */
	takeListStrike(provider: string, name: string): Strike {
		return this.#take(provider, [name], true);
	}

	#take(provider: string, models: string[], isNamedOnly: boolean): Strike {
		const before = this.#faults();
		const { strike: taken, list } = strike(before, provider, models, isNamedOnly);
		for (const [position, entry] of list.entries()) {
			if (entry === before[position]) continue;
			this.#sql.exec("UPDATE faults SET seen = ?, struck = ? WHERE position = ?", entry.seen, entry.struck, position);
		}
		return taken;
	}

	/** What tests changed of a provider's list of models. */
	listChanges(provider: string): ListChanges[string] {
		return this.allListChanges()[provider] ?? {};
	}

	allListChanges(): ListChanges {
		const rows = this.#sql.exec<{ provider: string; change: string }>("SELECT provider, change FROM list_changes");
		return Object.fromEntries(rows.toArray().map(({ provider, change }) => [provider, JSON.parse(change)]));
	}

	setListChanges(changes: ListChanges): void {
		this.#sql.exec("DELETE FROM list_changes");
		for (const [provider, change] of Object.entries(changes)) {
			this.#sql.exec("INSERT INTO list_changes VALUES (?, ?)", provider, JSON.stringify(change));
		}
	}

	setFaults(faults: Fault[]): void {
		this.#sql.exec("DELETE FROM faults");
		for (const [position, fault] of faults.entries()) {
			this.#sql.exec("INSERT INTO faults VALUES (?, ?, 0, 0)", position, JSON.stringify(fault));
		}
	}

	/** The faults that can still strike, `times` being what is left of it. */
	faults(): Fault[] {
		return this.#faults()
			.filter((entry) => !isSpent(entry))
			.map(({ fault, struck }) => (fault.times === undefined ? fault : { ...fault, times: fault.times - struck }));
	}

	#faults(): ScriptedFault[] {
		return this.#sql
			.exec<{ fault: string; seen: number; struck: number }>("SELECT fault, seen, struck FROM faults ORDER BY position")
			.toArray()
			.map(({ fault, seen, struck }) => ({ fault: v.parse(FaultSchema, JSON.parse(fault)), seen, struck }));
	}
}
