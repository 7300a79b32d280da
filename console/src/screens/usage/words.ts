// What the screen of usage says.
import { defineWords } from "~/i18n/language";

export const usageWords = defineWords(
	{
		groupBy: "By",
		groups: { team: "Team", key: "API key", app: "App", provider: "Provider", model: "Model" },
		noneOf: {
			team: "no team",
			key: "no key",
			app: "not told",
			provider: "no provider called",
			model: "no model called",
		},
		caption: (group: string) => `Usage by ${group}`,
		errors: "Errors",
		tokensIn: "Tokens in",
		tokensOut: "Tokens out",
		cached: "Cached",
		p95: "p95, ms",
		empty: "Nothing was used in this time",
		emptyWhy: "Choose a longer period, or clear the filters.",
		lag: (keys: number) => `Of ${keys} keys the latest requests are still missing`,
		agree: "Books agree",
		differ: "Books differ",
	},
	{
		groupBy: "按",
		groups: { team: "团队", key: "API 密钥", app: "应用", provider: "供应商", model: "模型" },
		noneOf: { team: "无团队", key: "无密钥", app: "未提供", provider: "未调用供应商", model: "未调用模型" },
		caption: (group) => `按${group}统计的用量`,
		errors: "错误",
		tokensIn: "输入 token",
		tokensOut: "输出 token",
		cached: "缓存占比",
		p95: "p95（毫秒）",
		empty: "这段时间没有用量",
		emptyWhy: "请选择更长的时间范围，或清除筛选。",
		lag: (keys) => `仍有 ${keys} 个密钥的最新请求尚未计入`,
		agree: "账目一致",
		differ: "账目不一致",
	},
);
