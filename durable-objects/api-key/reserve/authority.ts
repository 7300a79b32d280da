// Whether a key may be used: its registration as the object holds it, kept up with D1.
import type { KeyRegistration } from "#core/key/key";
import type { Admission, AdmissionRequest } from "#core/key-object/admission";
import { within } from "#lib/deadline";
import { MAX_DATABASE_MS } from "#store/d1/database";
import { decide } from "./admission";

/** Where the object keeps its registration across restarts; both calls are synchronous. */
export interface RegistrationStore {
	read(): KeyRegistration | null;
	write(registration: KeyRegistration): void;
}

/** All keys, in D1: read only on first use and when the caller has seen a later version. */
export interface Registry {
	/** Null when no such key was ever registered. */
	read(): Promise<KeyRegistration | null>;
}

/**
 * Decides whether one key may be used. A registration replaces an older one, never a newer one, so a push from the
 * admin API and a read of D1 may arrive in any order.
 */
export class KeyAuthority {
	readonly #store: RegistrationStore;
	readonly #registry: Registry;
	readonly #clock: () => number;
	#current: KeyRegistration | null;
	#reading: Promise<void> | null = null;

	constructor(store: RegistrationStore, registry: Registry, clock: () => number) {
		this.#store = store;
		this.#registry = registry;
		this.#clock = clock;
		this.#current = store.read();
	}

	/** The registration in force, or null before first use. */
	get current(): KeyRegistration | null {
		return this.#current;
	}

	/** The registration in force, read from D1 on first use; null when no such key was ever registered. */
	async registration(): Promise<KeyRegistration | null> {
		if (this.#current === null) await this.#refresh();
		return this.#current;
	}

	/** Answers from memory, except on first use or when the isolate that asks has seen a later version. */
	async admit(request: AdmissionRequest): Promise<Admission> {
		try {
			if (this.#behind(request)) await this.#refresh();
			// A read that was already under way may have begun before the version that the isolate has seen.
			if (this.#behind(request)) await this.#refresh();
		} catch {
			return { outcome: "unavailable" };
		}
		if (this.#current === null) return { outcome: "refused", reason: "unknown" };
		return decide(this.#current, request, this.#clock());
	}

	/**
	 * Takes over a change pushed by the admin API, unless a newer registration is in force. Returns the version in force.
	 */
	configure(registration: KeyRegistration): number {
		if (this.#current !== null && this.#current.version >= registration.version) return this.#current.version;
		this.#store.write(registration);
		this.#current = registration;
		return registration.version;
	}

	#behind(request: AdmissionRequest): boolean {
		return this.#current === null || this.#current.version < request.version;
	}

	/** A read that comes after the deadline still takes effect, and the next call may start another one meanwhile. */
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
