import { DurableObject } from "cloudflare:workers";
import type { Env } from "../../src/env";

/** What is known of one provider's health; its name is the provider's. */
export class ProviderObject extends DurableObject<Env> {}
