/**
 * Admin tokens and keys that were wrong. The rate-limit binding counts them, for each location of Cloudflare's; the
 * isolate remembers what it answered, so that an address that guesses on reaches no store.
 */
import { GatewayError } from "#core/errors";
import type { Env } from "#env";
import { LruMap } from "#lib/lru-map";
import type { Platform } from "#lib/platform";

/** What was presented; each kind is counted by itself. */
type Presented = "admin token" | "key";

/** How long an answer of the binding counts, in milliseconds: as long as its period. */
const BLOCK_MS = 60_000;
/** The most addresses that are remembered; the oldest go first. */
const MAX_BLOCKED = 10_000;
/** The name under which all addresses are counted together. */
const ALL = "all";

type Bindings = Pick<Env, "FAILURES_OF_ADDRESS" | "FAILURES_OF_ALL">;

export class FailedLogins {
	readonly #clock: () => number;
	/** Until when, in milliseconds since the epoch, by what is counted. */
	readonly #blocked = new LruMap<number>(MAX_BLOCKED);

	constructor({ clock }: Pick<Platform, "clock">) {
		this.#clock = clock;
	}

	/** Throws `GatewayError` 429 while too many failed from an address, or over all; null if the address is unknown. */
	check(presented: Presented, address: string | null): void {
		const now = this.#clock();
		const of = (counted: string) => this.#blocked.get(`${presented} ${counted}`) ?? 0;
		const until = Math.max(address === null ? 0 : of(networkOf(address)), of(ALL));
		if (until <= now) return;
		throw GatewayError.of("rate_limit_exceeded", `too many wrong ${presented}s were sent; try again later`, {
			retryAfterMs: until - now,
		});
	}

	/** Counts one more. What the binding cannot count is let pass: the caller is refused in any case. */
	async count(env: Bindings, presented: Presented, address: string | null): Promise<void> {
		await Promise.all([
			address === null ? null : this.#countBy(env.FAILURES_OF_ADDRESS, `${presented} ${networkOf(address)}`),
			this.#countBy(env.FAILURES_OF_ALL, `${presented} ${ALL}`),
		]);
	}

	async #countBy(binding: RateLimit, key: string): Promise<void> {
		if (!(await isWithin(binding, key))) this.#blocked.set(key, this.#clock() + BLOCK_MS);
	}
}

/**
 * Counts one of `key`. True as well when the binding does not answer: no request fails because its limit is not known.
 */
export async function isWithin(binding: RateLimit, key: string): Promise<boolean> {
	try {
		return (await binding.limit({ key })).success;
	} catch {
		console.error(JSON.stringify({ level: "warn", error: "RateLimitUnavailable" }));
		return true;
	}
}

/** What one client has of addresses: one of IPv4, and 64 bits of IPv6. */
function networkOf(address: string): string {
	if (!address.includes(":")) return address;
	const [before = "", after] = address.split("::");
	const groups = before === "" ? [] : before.split(":");
	// What `::` leaves out is zero, so that one network has one name.
	const left = after === undefined ? [] : Array.from({ length: 8 }, () => "0");
	return [...groups, ...left].slice(0, 4).join(":");
}
