// Tables: rows of 32 pixels, figures to the right, and a row that opens something is a link.
import type { ReactNode } from "react";
import { Sideways } from "~/ui/sideways";

export interface Column<Row> {
	readonly id: string;
	readonly title: ReactNode;
	readonly cell: (row: Row) => ReactNode;
	/** Figures stand at the end of their cell, one under the other. */
	readonly figure?: boolean;
	/** Takes several lines where there is no room for one. */
	readonly wraps?: boolean;
	/** Left out where the screen is narrow; what matters is never left out. */
	readonly wideOnly?: boolean;
}

interface TableProps<Row> {
	/** Read out before the table. */
	readonly caption: string;
	readonly columns: readonly Column<Row>[];
	readonly rows: readonly Row[];
	readonly rowKey: (row: Row) => string;
	/** What stands below all rows, in the columns of the same ids. */
	readonly footer?: Readonly<Record<string, ReactNode>>;
}

export function Table<Row>({ caption, columns, rows, rowKey, footer }: TableProps<Row>) {
	return (
		<Sideways className="rounded-lg border border-kumo-line bg-kumo-base">
			<table className="w-full border-collapse">
				<caption className="sr-only">{caption}</caption>
				<thead>
					<tr>
						{columns.map((column) => (
							<th key={column.id} scope="col" className={`${cellClass(column)} font-medium text-kumo-subtle`}>
								{column.title}
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{rows.map((row) => (
						<tr key={rowKey(row)} className="h-8 border-kumo-line border-t hover:bg-kumo-tint">
							{columns.map((column) => (
								<td key={column.id} className={cellClass(column)}>
									{column.cell(row)}
								</td>
							))}
						</tr>
					))}
				</tbody>
				{footer === undefined ? null : (
					<tfoot>
						<tr className="h-8 border-kumo-line border-t font-medium">
							{columns.map((column) => (
								<td key={column.id} className={cellClass(column)}>
									{footer[column.id]}
								</td>
							))}
						</tr>
					</tfoot>
				)}
			</table>
		</Sideways>
	);
}

function cellClass<Row>({ figure = false, wideOnly = false, wraps = false }: Column<Row>): string {
	const place = figure ? "figures text-right" : "text-left";
	const lines = wraps ? "whitespace-normal break-words" : figure ? "whitespace-nowrap" : "md:whitespace-nowrap";
	return `${lines} px-2 py-1.5 align-middle 2xl:px-3 ${place} ${wideOnly ? "max-md:hidden" : ""}`;
}
