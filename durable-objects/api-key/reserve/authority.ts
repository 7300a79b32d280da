import type { KeyRegistration } from "#core/key/key";
import type { Admission, Question } from "#core/key-object/admission";
import { within } from "#lib/deadline";
import { MAX_DATABASE_MS } from "#store/d1/database";
import { decide } from "./admission";

/** Where the object keeps what is registered across restarts; both calls are synchronous. */
export interface RegistrationStore {
	read(): KeyRegistration | null;
	write(registration: KeyRegistration): void;
}

/** The registry of all keys, asked only on first use and when it must be ahead of the object. */
export interface Registry {
	/** Null when no such key was ever registered. */
	read(): Promise<KeyRegistration | null>;
}

/**
 * The last word on one key. What it holds only moves forward: a registration replaces an older one, never a newer one,
 * so a push and a read of the registry may arrive in any order.
 */
export class KeyAuthority {
	readonly #store: RegistrationStore;
	readonly #registry: Registry;
	readonly #clock: () => number;
	#held: KeyRegistration | null;
	#reading: Promise<void> | null = null;

	constructor(store: RegistrationStore, registry: Registry, clock: () => number) {
		this.#store = store;
		this.#registry = registry;
		this.#clock = clock;
		this.#held = store.read();
	}

	/** What is in force, or null before first use. */
	get held(): KeyRegistration | null {
		return this.#held;
	}

	/** What is in force, asked of the registry on first use; null when no such key was ever registered. */
	async registration(): Promise<KeyRegistration | null> {
		if (this.#held === null) await this.#refresh();
		return this.#held;
	}

	/** Answers from memory, except on first use or when the Worker has seen a later version than is held here. */
	async admit(question: Question): Promise<Admission> {
		try {
			if (this.#behind(question)) await this.#refresh();
			// A read that was already under way may have begun before the version that was seen.
			if (this.#behind(question)) await this.#refresh();
		} catch {
			return { outcome: "unavailable" };
		}
		if (this.#held === null) return { outcome: "refused", reason: "unknown" };
		return decide(this.#held, question, this.#clock());
	}

	/** Takes over a change pushed by the admin API, unless something newer is held. Returns the version in force. */
	configure(registration: KeyRegistration): number {
		if (this.#held !== null && this.#held.version >= registration.version) return this.#held.version;
		this.#store.write(registration);
		this.#held = registration;
		return registration.version;
	}

	#behind(question: Question): boolean {
		return this.#held === null || this.#held.version < question.version;
	}

	/** What comes after the deadline still counts, and does not keep anybody from asking again. */
	#refresh(): Promise<void> {
		const read = async (): Promise<void> => {
			const registration = await this.#registry.read();
			if (registration !== null) this.configure(registration);
		};
		this.#reading ??= within(MAX_DATABASE_MS, "the registry", read()).finally(() => {
			this.#reading = null;
		});
		return this.#reading;
	}
}
