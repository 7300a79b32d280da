// Metrics in Prometheus' text format.

/** One value with its labels. */
export interface Sample {
	readonly labels: Readonly<Record<string, string>>;
	readonly value: number;
	/** Of a histogram: `_bucket` or `_count`. */
	readonly suffix?: string;
}

/** All values of one name. */
export interface Metric {
	readonly name: string;
	readonly type: "counter" | "gauge" | "histogram";
	readonly help: string;
	readonly samples: readonly Sample[];
}

/** Prometheus' text format, version 0.0.4. A metric without a value is left out. */
export function renderMetrics(metrics: readonly Metric[]): string {
	return metrics
		.filter(({ samples }) => samples.length > 0)
		.map(
			({ name, type, help, samples }) =>
				`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${samples.map((sample) => line(name, sample)).join("")}`,
		)
		.join("");
}

function line(name: string, { labels, value, suffix = "" }: Sample): string {
	const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
	return `${name}${suffix}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}\n`;
}

function escaped(text: string): string {
	return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
