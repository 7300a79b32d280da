// Judges streams of legacy completions by OpenAI's contract.
import { textChunk as validTextChunk } from "../../.generated/oracle.mjs";
import { ChunkStreamRules } from "./chunk-stream";

/** The rules of a streamed legacy completion: those of every stream of chunks, and no others. */
export class TextStreamRules extends ChunkStreamRules<{ index: number; finish_reason: string | null }> {
	constructor(requestId: string | null) {
		super(requestId, "completions", validTextChunk);
	}

	protected choice(): void {}

	protected finished(): void {}
}
