// The Vectorize binding of the local environment: one index in an object, with the interface and the limits of the real
// one.
import { WorkerEntrypoint } from "cloudflare:workers";
import type { SimulatorEnv } from "#simulator/env";
import type { Matches, VectorIndex } from "./vector-index";

/** Stands in for a Vectorize binding: one index, cosine, of the dimensions that the first vector has. */
export class LocalVectorize extends WorkerEntrypoint<SimulatorEnv> {
	get #index(): DurableObjectStub<VectorIndex> {
		return this.env.VECTOR_INDEX.getByName("index");
	}

	describe() {
		return this.#index.describe(Date.now());
	}
	/** Ids that exist already keep what they have. */
	insert(vectors: unknown) {
		return this.#index.change("insert", vectors, Date.now());
	}
	upsert(vectors: unknown) {
		return this.#index.change("upsert", vectors, Date.now());
	}
	deleteByIds(ids: unknown) {
		return this.#index.delete(ids, Date.now());
	}
	query(vector: unknown, options?: unknown): Promise<Matches> {
		return this.#index.query(vector, options, Date.now());
	}
	queryById(id: unknown, options?: unknown): Promise<Matches> {
		return this.#index.queryById(id, options, Date.now());
	}
	getByIds(ids: unknown) {
		return this.#index.getByIds(ids, Date.now());
	}
}
