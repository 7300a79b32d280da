// Takes credentials out of texts before they are kept.

/**
 * What credentials look like in a text: this gateway's keys, and those of vendors and services as secret scanners know
 * them. Each pattern is a prefix and runs of characters that are taken whole or bounded, so that the time it takes
 * grows in proportion to the text.
 */
const CREDENTIALS = new RegExp(
	[
		"\\btg_live_\\w{16,}",
		"\\bsk-[\\w-]{16,}", // OpenAI, Anthropic, DeepSeek, OpenRouter, SiliconFlow
		"\\bAIza[\\w-]{30,}", // Google
		"\\b(?:AKIA|ASIA)[A-Z0-9]{16}\\b", // AWS
		"\\bgh[pousr]_\\w{30,}", // GitHub
		"\\bgithub_pat_\\w{30,}",
		"\\bglpat-[\\w-]{16,}", // GitLab
		"\\bxox[abeoprs]-[\\w-]{10,}", // Slack
		"\\bnpm_\\w{30,}",
		"\\bhf_\\w{30,}", // Hugging Face
		"\\bgsk_\\w{30,}", // Groq
		"\\bwhsec_[\\w+/=-]{16,}",
		"\\b[rs]k_(?:live|test)_\\w{16,}", // Stripe
		"\\bBearer +[\\w.~+/=-]{16,}",
		"(?<![\\w-])eyJ[\\w-]{10,2048}\\.eyJ[\\w-]{10,4096}\\.[\\w-]{10,}", // JSON Web Tokens
		'(?<=://)[^\\s/?#@"\\\\]{1,256}:[^\\s/?#@"\\\\]{1,256}(?=@)', // user and password of a URL
		"-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----[\\w\\s+/=\\\\-]{1,8192}", // what follows may be in one line, as JSON writes it
	].join("|"),
	"g",
);

/**
 * The text with what looks like a credential blotted out. The second line of defence: what must not be kept is not
 * asked for.
 */
export function scrubbed(text: string): string {
	return text.replaceAll(CREDENTIALS, "[credential]");
}
