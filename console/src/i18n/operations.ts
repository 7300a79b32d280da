// What can be asked for, by the names that the API gives it, in words.
import { defineWords, useWords } from "~/i18n/language";

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
	},
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

/** As the log and usage tell requests apart. */
export const LOGGED_OPERATIONS = [
	"chat",
	"embeddings",
	"images",
	"moderations",
	"native",
	"rerank",
	"speech",
	"transcriptions",
	"translations",
	"videos",
	"batches",
	"compact",
] as const;

/** The name of an operation; as it came where it has none here. */
export function useOperationName(): (operation: string) => string {
	const names: Readonly<Record<string, string>> = useWords(words);
	return (operation) => names[operation] ?? operation;
}
