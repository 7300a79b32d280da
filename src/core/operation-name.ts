// The names of the operations.

/** What can be asked for, by name: adapters offer a codec by it, and budgets may narrow to it. */
export const OPERATION_NAMES = [
	"chat",
	"embeddings",
	"images",
	"moderations",
	"native",
	"rerank",
	"speech",
	"transcription",
	"videos",
] as const;
export type OperationName = (typeof OPERATION_NAMES)[number];
