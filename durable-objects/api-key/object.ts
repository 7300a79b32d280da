import { DurableObject } from "cloudflare:workers";
import type { Admission, Question } from "../../src/core/admission";
import type { KeyId } from "../../src/core/ids";
import type { KeyRegistration } from "../../src/core/key";
import type { Env } from "../../src/env";
import { readRegistration } from "../../src/store/keys";
import { KeyAuthority } from "./authority";
import { migrate, SqlRegistrationStore } from "./storage";

/** One API key at run time; its name is the key's id. Every request of the key passes here. */
export class ApiKeyObject extends DurableObject<Env> {
	readonly #authority: KeyAuthority;

	constructor(ctx: DurableObjectState, env: Env) {
		super(ctx, env);
		const { name } = ctx.id;
		if (name === undefined) throw new Error("an API key's object is addressed by the key's id");
		migrate(ctx.storage);
		this.#authority = new KeyAuthority(
			new SqlRegistrationStore(ctx.storage),
			{ read: () => readRegistration(env.DB, name as KeyId, Date.now()) },
			() => Date.now(),
		);
	}

	/** Whether a request may go on. Changes nothing, so it may be asked again. */
	admit(question: Question): Promise<Admission> {
		return this.#authority.admit(question);
	}

	/** Puts a change into force from the next request on. Older than what is held: ignored. Returns the version in force. */
	configure(registration: KeyRegistration): number {
		return this.#authority.configure(registration);
	}
}
