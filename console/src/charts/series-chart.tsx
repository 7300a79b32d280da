// Figures over time, as lines or stacked bars, with the same figures as a table beside it.
import { lazy, type ReactNode, Suspense, useState } from "react";
import { common } from "~/i18n/common";
import { useWords } from "~/i18n/language";
import { Button } from "~/ui/button";
import { Skeleton } from "~/ui/states";
import { type Column, Table } from "~/ui/table";

interface Series {
	readonly name: string;
	/** One for each instant; null where there is none. */
	readonly values: readonly (number | null)[];
}

export interface SeriesChartProps {
	/** States the finding where it can, with the unit. */
	readonly title: string;
	/** Milliseconds since the epoch, ascending. */
	readonly times: readonly number[];
	readonly series: readonly Series[];
	readonly stacked?: boolean;
	readonly showTime: (time: number) => string;
	readonly showValue: (value: number) => string;
	/** A door to what is behind a point. */
	readonly linkOf?: (time: number) => ReactNode;
}

/** uPlot is loaded with the first chart that is seen. */
const Plot = lazy(() => import("~/charts/plot"));

export function SeriesChart(props: SeriesChartProps) {
	const words = useWords(common);
	const [asTable, setAsTable] = useState(false);
	return (
		<figure className="m-0 flex flex-col gap-2 rounded-lg border border-kumo-line bg-kumo-base p-3">
			<figcaption className="flex items-center justify-between gap-4">
				<span className="font-medium">{props.title}</span>
				<Button kind="quiet" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
					{asTable ? words.showAsChart : words.showAsTable}
				</Button>
			</figcaption>
			{asTable ? (
				<SeriesTable {...props} />
			) : (
				<Suspense fallback={<Skeleton rows={5} />}>
					<Plot {...props} />
				</Suspense>
			)}
		</figure>
	);
}

function SeriesTable({ title, times, series, showTime, showValue, linkOf }: SeriesChartProps) {
	const words = useWords(common);
	const columns: Column<number>[] = [
		{ id: "time", title: words.time, cell: (index) => linkOf?.(times[index] ?? 0) ?? showTime(times[index] ?? 0) },
		...series.map(({ name, values }, place) => ({
			id: `${place}`,
			title: name,
			figure: true,
			cell: (index: number) => {
				const value = values[index];
				return value === null || value === undefined ? "–" : showValue(value);
			},
		})),
	];
	return <Table caption={title} columns={columns} rows={[...times.keys()]} rowKey={(index) => `${times[index]}`} />;
}
