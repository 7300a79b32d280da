// The Workers AI binding of the local environment: the simulator's models behind the interface of the real one.
import { WorkerEntrypoint } from "cloudflare:workers";
import * as v from "valibot";
import { isObject } from "#lib/json";
import type { SimulatorEnv } from "#simulator/env";
import { fieldsOf } from "#simulator/form-fields";
import { changedList } from "#simulator/model/list-changes";
import { catalogueEntry } from "#simulator/model/lists";
import { modelsOf } from "#simulator/model/models";
import { serve, stateOf } from "#simulator/serve";
import { UploadedFile } from "#simulator/wire/wire";
import { workersAi } from "#simulator/wire/workers-ai/index";

interface RunOptions {
	returnRawResponse?: boolean;
	signal?: AbortSignal;
}

/** What the binding throws: the status stands nowhere on it. */
class InferenceUpstreamError extends Error {
	constructor(message: string) {
		super(message);
		this.name = "InferenceUpstreamError";
	}
}

const ErrorBody = v.union([
	v.pipe(
		v.object({ internalCode: v.number(), description: v.string() }),
		v.transform(({ internalCode, description }) => `${internalCode}: ${description}`),
	),
	v.pipe(
		v.object({ errors: v.pipe(v.array(v.object({ code: v.number(), message: v.string() })), v.minLength(1)) }),
		v.transform(({ errors: [first] }) => `${first?.code}: ${first?.message}`),
	),
]);

/** Stands in for the Workers AI binding. */
export class LocalAi extends WorkerEntrypoint<SimulatorEnv> {
	/** A page of the catalogue, with what tests changed of it. */
	async models({ per_page: size = 100, page = 1 }: { per_page?: number; page?: number } = {}): Promise<unknown> {
		const changes = await stateOf(this.env).listChanges("workers-ai");
		const list = changedList(modelsOf("workers-ai").map(catalogueEntry), changes);
		return Array.isArray(list) ? list.slice((page - 1) * size, page * size) : [];
	}

	/** Parsed JSON, or the body as a stream when it is anything else; the `Response` itself with `returnRawResponse`. */
	async run(model: string, inputs: unknown, options: RunOptions = {}): Promise<unknown> {
		const response = await serve(
			{
				wire: workersAi,
				provider: "workers-ai",
				modelId: String(model),
				body: await received(inputs),
				streamPath: "none",
				headers: new Headers(),
				signal: options.signal ?? new AbortController().signal,
			},
			this.env,
			this.ctx,
		);
		if (options.returnRawResponse === true) return response;
		if (!response.ok) throw new InferenceUpstreamError(errorText(await response.text()));
		// The exact type: with parameters it is a stream to the real binding, too.
		return response.headers.get("content-type") === "application/json" ? response.json() : response.body;
	}
}

/** Inputs with what came as a stream read: the fields of a form, or a file. */
async function received(inputs: unknown): Promise<unknown> {
	if (!isObject(inputs)) return inputs;
	const read = Object.entries(inputs).map(async ([name, value]) => {
		if (!isObject(value) || !(value.body instanceof ReadableStream)) return [name, value] as const;
		const type = String(value.contentType);
		const stream = new Response(value.body, { headers: { "content-type": type } });
		if (name === "multipart") return [name, await fieldsOf(await stream.formData())] as const;
		return [name, new UploadedFile(name, type, new Uint8Array(await stream.arrayBuffer()))] as const;
	});
	return Object.fromEntries(await Promise.all(read));
}

function errorText(body: string): string {
	try {
		const result = v.safeParse(ErrorBody, JSON.parse(body));
		return result.success ? result.output : body;
	} catch {
		return body;
	}
}
