// Draws series with uPlot, in the theme's colours; the screen reader is given the table instead.
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useTheme } from "~/app/theme";
import type { SeriesChartProps } from "~/charts/series-chart";

const HEIGHT = 220;
/** Room for a label of the time axis. */
const LABEL_PX = 90;
/** The accent in steps, then neutral: colour tells series apart, the legend names them. */
const COLOURS = {
	light: ["#1d4ed8", "#0e7490", "#7c3aed", "#b45309", "#be185d", "#4d7c0f", "#64748b"],
	dark: ["#7aa2ff", "#22d3ee", "#c4b5fd", "#fbbf24", "#f9a8d4", "#bef264", "#94a3b8"],
} as const;

export default function Plot({ title, times, series, stacked = false, showTime, showValue }: SeriesChartProps) {
	const { dark } = useTheme();
	const place = useRef<HTMLDivElement>(null);
	useEffect(() => {
		const element = place.current;
		if (element === null) return;
		const colours = COLOURS[dark ? "dark" : "light"];
		const ink = dark ? "#a3a3a3" : "#57534e";
		const grid = dark ? "#2e2e2e" : "#e7e5e4";
		const sums = stacked ? runningSums(series.map(({ values }) => values)) : series.map(({ values }) => values);
		const [first, last] = [(times[0] ?? 0) / 1000, (times.at(-1) ?? 0) / 1000];
		// A bar stands over its instant, half of it on each side.
		const edge = stacked ? Math.max((last - first) / Math.max(times.length - 1, 1) / 2, 1) : 0;
		const options: uPlot.Options = {
			width: element.clientWidth,
			height: HEIGHT,
			padding: [8, 16, 0, 0],
			legend: { show: false },
			cursor: { drag: { x: false, y: false } },
			scales: {
				x: { time: true, range: [first - edge, last + edge] },
				y: { range: (_plot, _low, high) => [0, Math.max(high * 1.05, 1e-9)] },
			},
			axes: [
				{
					stroke: ink,
					grid: { show: false },
					ticks: { show: false },
					size: 26,
					splits: (plot) => someOf(times, plot.width / LABEL_PX).map((at) => at / 1000),
					values: (_plot, splits) => splits.map((at) => showTime(at * 1000)),
				},
				{
					stroke: ink,
					grid: { stroke: grid },
					ticks: { show: false },
					values: (_plot, splits) => splits.map(showValue),
					size: 70,
				},
			],
			// The highest sum is drawn first, so that each lower one lies over it.
			series: [
				{},
				...[...sums.keys()].toReversed().map((index) => ({
					label: series[index]?.name ?? "",
					stroke: colours[index % colours.length] ?? ink,
					width: stacked ? 0 : 1.5,
					points: { show: times.length < 2 },
					...(stacked ? { fill: colours[index % colours.length] ?? ink, ...(bars && { paths: bars }) } : {}),
				})),
			],
		};
		const plot = new uPlot(
			options,
			[times.map((at) => at / 1000), ...sums.toReversed().map((values) => [...values])],
			element,
		);
		const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
		resized.observe(element);
		return () => {
			resized.disconnect();
			plot.destroy();
		};
	}, [times, series, stacked, dark, showTime, showValue]);
	return (
		<>
			<div ref={place} role="img" aria-label={title} />
			<Legend names={series.map(({ name }) => name)} colours={COLOURS[dark ? "dark" : "light"]} />
		</>
	);
}

const bars = uPlot.paths.bars?.({ size: [0.8, 64] });

function Legend({ names, colours }: { readonly names: readonly string[]; readonly colours: readonly string[] }) {
	return (
		<ul className="m-0 flex list-none flex-wrap gap-x-4 gap-y-1 p-0 text-kumo-subtle">
			{names.map((name, index) => (
				<li key={name} className="flex items-center gap-1.5">
					<span
						aria-hidden="true"
						className="inline-block size-2 rounded-sm"
						style={{ background: colours[index % colours.length] }}
					/>
					{name}
				</li>
			))}
		</ul>
	);
}

/** Every second, third or further of these, so that at most `most` are left. */
function someOf(times: readonly number[], most: number): readonly number[] {
	const step = Math.max(1, Math.ceil(times.length / Math.max(most, 1)));
	return times.filter((_time, index) => index % step === 0);
}

/** Each series with all before it added, so that their tops lie one above the other. */
function runningSums(values: readonly (readonly (number | null)[])[]): (readonly number[])[] {
	let below: readonly number[] = [];
	return values.map((own) => {
		below = own.map((value, index) => (value ?? 0) + (below[index] ?? 0));
		return below;
	});
}
