// Reads and checks the Worker's own settings.
import * as v from "valibot";
import type { Env } from "./env";

/**
 * Values that only the local environment may run with, as `plain` writes them; production that finds one answers
 * nothing but 503.
 */
const LOCAL_ONLY = new Set([
	"tollgate-dev-admin",
	"test-key-123",
	"local-only-pepper-not-a-secret-0000",
	"local-only-credentials-secret-000000",
]);

const Secret = (name: string, length: number) =>
	v.pipe(
		v.string(`${name} is not set`),
		v.minLength(length, `${name} must have at least ${length} characters`),
		v.maxLength(512, `${name} is longer than 512 characters`),
	);

const Days = (name: string) =>
	v.pipe(v.string(), v.regex(/^[1-9]\d{0,3}$/, `${name} must be a number of days from 1 to 9999`), v.transform(Number));

/** How much is logged: nothing of requests, those that went wrong on the gateway's or a provider's side, or all. */
const LOG_LEVELS = ["off", "errors", "requests"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const ConfigSchema = v.object({
	ADMIN_TOKEN: Secret("ADMIN_TOKEN", 16),
	KEY_PEPPER: Secret("KEY_PEPPER", 32),
	CREDENTIALS_SECRET: Secret("CREDENTIALS_SECRET", 32),
	DEMO_KEY: v.optional(v.string()),
	REQUEST_LOG_DAYS: v.optional(Days("REQUEST_LOG_DAYS"), "30"),
	PAYLOAD_DAYS: v.optional(Days("PAYLOAD_DAYS"), "30"),
	LOG_LEVEL: v.optional(v.picklist(LOG_LEVELS, `LOG_LEVEL must be one of ${LOG_LEVELS.join(", ")}`), "requests"),
});

/** The Worker's own settings, checked. Provider accounts are read with the providers. */
export interface Config {
	/** Whether this is the local environment: the simulator is bound. */
	readonly local: boolean;
	readonly adminToken: string;
	/** Keys the HMAC under which API keys are stored. */
	readonly keyPepper: string;
	/** Encrypts the credentials of providers that an admin added. */
	readonly credentialsSecret: string;
	/** A fixed API key for a first try, in the local environment only. */
	readonly demoKey: string | null;
	readonly logLevel: LogLevel;
	/** How long the log of requests goes back. */
	readonly requestLogDays: number;
	/** How long what requests said is kept, where it is kept. */
	readonly payloadDays: number;
}

/** The settings are missing or unsafe; `message` says which, without their values. */
export class ConfigError extends Error {
	constructor(problems: string[]) {
		super(problems.join("; "));
		this.name = "ConfigError";
	}
}

/**
 * A secret without what a paste, a shell or an editor may have changed of it: blanks, line breaks, quotes and capitals.
 */
function plain(secret: string): string {
	return secret.replace(/[\s"'`]+/g, "").toLowerCase();
}

/** Reads and checks the settings. Throws `ConfigError`. */
export function readConfig(env: Env): Config {
	const local = env.SIMULATOR !== undefined;
	const result = v.safeParse(ConfigSchema, env);
	if (!result.success) throw new ConfigError(result.issues.map((issue) => issue.message));
	const { ADMIN_TOKEN, KEY_PEPPER, CREDENTIALS_SECRET, DEMO_KEY, LOG_LEVEL, REQUEST_LOG_DAYS, PAYLOAD_DAYS } =
		result.output;
	if (!local) {
		const secrets = { ADMIN_TOKEN, KEY_PEPPER, CREDENTIALS_SECRET };
		const unsafe = Object.entries(secrets).flatMap(([name, value]) =>
			LOCAL_ONLY.has(plain(value)) ? [`${name} has its local value`] : [],
		);
		if (new Set(Object.values(secrets).map(plain)).size < 3)
			unsafe.push(`two of ${Object.keys(secrets).join(", ")} are equal`);
		if (DEMO_KEY !== undefined) unsafe.push("DEMO_KEY is set");
		if (unsafe.length > 0) throw new ConfigError(unsafe);
	}
	return {
		local,
		adminToken: ADMIN_TOKEN,
		keyPepper: KEY_PEPPER,
		credentialsSecret: CREDENTIALS_SECRET,
		demoKey: DEMO_KEY ?? null,
		logLevel: LOG_LEVEL,
		requestLogDays: REQUEST_LOG_DAYS,
		payloadDays: PAYLOAD_DAYS,
	};
}
