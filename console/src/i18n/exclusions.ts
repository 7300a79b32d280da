// Why something could not serve a request, in words: the router's own are short and for programs.
import { defineWords, useWords } from "~/i18n/language";

const words = defineWords(
	{
		operation: (name: string) => `it does not do ${name}`,
		capability: (name: string) => `it lacks ${name}`,
		health: (state: string) => `its circuit is ${state}`,
		region: "it does not run in a region that is allowed",
		price: "it costs more than is allowed, or its price is not known",
		context: "the prompt is too long for it",
		output: "it cannot write that much",
		policy: "the key or its team may not use it",
		preference: "the request left it out",
		abilities: {
			image: "pictures in the prompt",
			audio: "sound in the prompt",
			video: "video in the prompt",
			pdf: "documents in the prompt",
			image_output: "pictures in the answer",
			audio_output: "sound in the answer",
			tools: "tools",
			json_schema: "structured output",
			reasoning: "reasoning",
		},
		states: {
			open: "open",
			forced: "kept open by an admin",
			half_open: "on trial",
			throttled: "throttled",
			ramping: "coming back",
		},
	},
	{
		operation: (name) => `不支持 ${name} 操作`,
		capability: (name) => `不支持${name}`,
		health: (state) => `熔断器${state}`,
		region: "不在允许的区域内运行",
		price: "价格超出允许范围，或价格未知",
		context: "输入超出其上下文长度",
		output: "无法输出这么多内容",
		policy: "密钥或团队不得使用",
		preference: "请求排除了它",
		abilities: {
			image: "图像输入",
			audio: "音频输入",
			video: "视频输入",
			pdf: "文档输入",
			image_output: "图像输出",
			audio_output: "音频输出",
			tools: "工具",
			json_schema: "结构化输出",
			reasoning: "推理",
		},
		states: { open: "已熔断", forced: "由管理员强制断开", half_open: "试探中", throttled: "受限流", ramping: "恢复中" },
	},
);

/** Says a reason; one that is not known here is shown as it came. */
export function useExclusion(): (reason: string) => string {
	const text = useWords(words);
	return (reason) => {
		const [kind = "", value = ""] = reason.split(":", 2);
		if (kind === "operation") return text.operation(value);
		if (kind === "capability") return text.capability(text.abilities[value as keyof typeof text.abilities] ?? value);
		if (kind === "health") return text.health(text.states[value as keyof typeof text.states] ?? value);
		const plain = { region: 0, price: 0, context: 0, output: 0, policy: 0, preference: 0 };
		return kind in plain ? text[kind as keyof typeof plain] : reason;
	};
}
