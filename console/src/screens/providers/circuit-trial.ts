// What keeps a circuit from serving as usual, and when that is tried again.
import type { Circuit } from "~/api/types";
import { percent } from "~/format/numbers";
import { clockTime } from "~/format/time";
import { defineWords, useLanguage, useWords } from "~/i18n/language";

const words = defineWords(
	{
		nextTrial: (time: string) => `next trial ${time}`,
		dueTrial: "the next request tries it",
		runningTrial: "a trial is running",
		until: (time: string) => `until ${time}`,
		share: (share: string) => `takes ${share} of its requests`,
		forced: (author: string, time: string) => `by ${author} until ${time}`,
	},
	{
		nextTrial: (time) => `下次试探 ${time}`,
		dueTrial: "下一个请求即为试探",
		runningTrial: "正在试探",
		until: (time) => `直到 ${time}`,
		share: (share) => `承接其 ${share} 的请求`,
		forced: (author, time) => `由 ${author} 设置，直到 ${time}`,
	},
);

/** Null for a circuit that serves as usual, and where nothing is known of its end. */
export function useTrialText(): (circuit: Circuit) => string | null {
	const text = useWords(words);
	const { language } = useLanguage();
	return ({ state, until, share, trial, forced }) => {
		if (forced !== null) return text.forced(forced.author, clockTime(forced.until, language));
		if (state === "closed") return null;
		if (state === "half_open") return trial.runs_until === null ? text.dueTrial : text.runningTrial;
		if (state === "ramping") return text.share(percent(share, language));
		const at = state === "open" ? (trial.next_at ?? until) : until;
		if (at === null) return null;
		if (state === "throttled") return text.until(clockTime(at, language));
		return Date.parse(at) <= Date.now() ? text.dueTrial : text.nextTrial(clockTime(at, language));
	};
}
