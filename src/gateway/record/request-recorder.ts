/** Keeps the record of one request until its answer and all its attempts have ended. */
import type { ErrorDetails } from "#core/errors";
import { bounded } from "#core/usage/record-size";
import type { AttemptRecord, RequestRecord } from "#core/usage/request-record";
import { targetOf } from "#router/models/model-access";
import type { RoutePlan } from "#router/plan";

/** What is known of a request before its body is read. */
type Arrived = Pick<RequestRecord, "requestId" | "at" | "keyId" | "teamId" | "face">;
/** What its headers say of its sender. */
export type Labels = Pick<RequestRecord, "app" | "session" | "endUser" | "metadata">;

/**
 * Writes down what becomes of one request, and hands the record over when its answer and all its attempts have ended.
 */
export class RequestRecorder {
	readonly #arrived: Arrived;
	readonly #labels: () => Labels;
	readonly #write: (record: RequestRecord) => void;
	/** In the order in which they began. */
	readonly #attempts: (AttemptRecord | null)[] = [];
	#requested: Pick<RequestRecord, "stream" | "requestedModel" | "endUser"> = {
		stream: false,
		requestedModel: null,
		endUser: null,
	};
	#plan: RoutePlan | null = null;
	#served: Pick<RequestRecord, "provider" | "model"> | null = null;
	#isWritten = false;
	#answer: Pick<RequestRecord, "status" | "errorType" | "errorCode" | "latencyMs" | "ttftMs"> | null = null;

	/** `labels` is asked when the record is written, after the answer. */
	constructor(arrived: Arrived, labels: () => Labels, write: (record: RequestRecord) => void) {
		this.#arrived = arrived;
		this.#labels = labels;
		this.#write = write;
	}

	/** The body was read. An end user that it names counts before one of the headers. */
	requested(stream: boolean, requestedModel: string | null, endUser: string | null): void {
		this.#requested = { stream, requestedModel, endUser };
	}

	/** Null when it came to none. */
	planned(plan: RoutePlan | null): void {
		this.#plan = plan;
	}

	/** Who gave the answer that is passed on: other attempts may have been answered, and were passed over. */
	served({ provider, model }: Pick<RequestRecord, "provider" | "model">): void {
		this.#served = { provider, model };
	}

	/** An attempt begins; returns how to tell how it ended. */
	begin(): (attempt: AttemptRecord) => void {
		const at = this.#attempts.push(null) - 1;
		return (attempt) => {
			this.#attempts[at] = attempt;
			this.#done();
		};
	}

	/**
	 * The answer is whole, or it is an error: only the first call counts. `error` is the one that the caller got, in the
	 * stream where that had begun; `firstAt` is when the first content came, in milliseconds since the epoch.
	 */
	close(status: number, error: ErrorDetails | null, now: number, firstAt: number | null): void {
		const { at } = this.#arrived;
		this.#answer ??= {
			status,
			errorType: error?.type ?? null,
			errorCode: error?.code ?? null,
			latencyMs: now - at,
			ttftMs: firstAt === null ? null : firstAt - at,
		};
		this.#done();
	}

	#done(): void {
		const attempts = this.#attempts.filter((attempt) => attempt !== null);
		if (this.#isWritten || this.#answer === null || attempts.length < this.#attempts.length) return;
		this.#isWritten = true;
		const last = attempts.at(-1);
		const { provider, model } = this.#served ?? { provider: last?.provider ?? null, model: last?.model ?? null };
		const labels = this.#labels();
		const record: RequestRecord = {
			...this.#arrived,
			...labels,
			...this.#requested,
			endUser: this.#requested.endUser ?? labels.endUser,
			alias: this.#plan?.alias?.name ?? null,
			strategy: this.#plan?.strategy ?? null,
			candidates: (this.#plan?.candidates ?? []).map((one) => ({ target: targetOf(one.model), score: one.score })),
			excluded: (this.#plan?.excluded ?? []).map(({ target, reason }) => ({ target, reason })),
			provider,
			model,
			...this.#answer,
			cache: "off",
			attempts,
		};
		this.#write(bounded(record));
	}
}
