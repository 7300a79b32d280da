// A row of bars as high as a line of text: how something went, beside the figure that it came to.
const WIDTH = 72;
const HEIGHT = 16;
/** The height of a bar of nothing, and how much of its place a bar takes. */
const NOTHING = 0.5;
const FILLED = 0.8;

interface SparklineProps {
	/** Read out instead of the bars. */
	readonly title: string;
	readonly values: readonly number[];
}

export function Sparkline({ title, values }: SparklineProps) {
	const most = Math.max(...values, 0);
	const step = WIDTH / Math.max(values.length, 1);
	const bars = values
		.map((value, place) => {
			const high = most === 0 || value <= 0 ? NOTHING : Math.max((value / most) * HEIGHT, 1);
			return `M${place * step} ${HEIGHT}v${-high}h${step * FILLED}v${high}z`;
		})
		.join("");
	return (
		<svg role="img" aria-label={title} width={WIDTH} height={HEIGHT} className="inline-block align-middle">
			<path d={bars} className="fill-kumo-brand" />
		</svg>
	);
}
