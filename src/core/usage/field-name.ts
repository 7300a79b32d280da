// Ties the names of columns to those of fields, so that a table of columns needs to say each name once.

/** The field that a column is written from: the column's name in camel case. */
export type FieldName<Column extends string> = Column extends `${infer Head}_${infer Tail}`
	? `${Head}${Capitalize<FieldName<Tail>>}`
	: Column;

export function fieldName<Column extends string>(column: Column): FieldName<Column> {
	return column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()) as FieldName<Column>;
}
