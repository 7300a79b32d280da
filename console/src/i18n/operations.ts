// What can be asked for, by the names that the API gives it, in words.
import type { Key } from "~/api/types";
import { defineWords, useWords } from "~/i18n/language";

/** What a budget may be narrowed to. */
export type Operation = NonNullable<Key["budgets"][number]["operations"]>[number];
export const OPERATIONS: readonly Operation[] = [
	"chat",
	"embeddings",
	"images",
	"moderations",
	"native",
	"rerank",
	"speech",
	"transcription",
	"videos",
];
/** As the log and usage tell requests apart: those that transcribe by their routes, and some that have no operation. */
export const LOGGED_OPERATIONS = [
	...OPERATIONS.filter((name) => name !== "transcription"),
	...(["transcriptions", "translations", "batches", "compact"] as const),
];

const words = defineWords(
	{
		chat: "Chat",
		embeddings: "Embeddings",
		images: "Images",
		moderations: "Moderation",
		native: "Vendors' own APIs",
		rerank: "Rerank",
		speech: "Speech",
		transcription: "Transcription",
		transcriptions: "Transcription",
		translations: "Translation of sound",
		videos: "Videos",
		batches: "Batches",
		compact: "Compaction",
	} satisfies Record<Operation | (typeof LOGGED_OPERATIONS)[number], string>,
	{
		chat: "对话",
		embeddings: "向量",
		images: "图像",
		moderations: "内容审核",
		native: "供应商原生 API",
		rerank: "重排",
		speech: "语音合成",
		transcription: "语音转写",
		transcriptions: "语音转写",
		translations: "语音翻译",
		videos: "视频",
		batches: "批处理",
		compact: "上下文压缩",
	},
);

/** The name of an operation; as it came where it has none here. */
export function useOperationName(): (operation: string) => string {
	const names: Readonly<Record<string, string>> = useWords(words);
	return (operation) => names[operation] ?? operation;
}
