/** The conditions of a query that are asked for, and their values in the order of their question marks. */
export class Where {
	readonly #terms: string[] = [];
	readonly values: (string | number)[] = [];

	/** Adds a condition with a question mark for each value; a null among them means that it is not asked for. */
	and(term: string, ...values: readonly (string | number | null)[]): this {
		const given = values.filter((value) => value !== null);
		if (given.length === values.length) {
			this.#terms.push(term);
			for (const value of given) this.values.push(value);
		}
		return this;
	}

	/** Adds that a column has one of some values; null means that it is not asked for. */
	among(column: string, values: readonly string[] | null): this {
		return this.and(`${column} IN (SELECT value FROM json_each(?))`, values && JSON.stringify(values));
	}

	/** The clause; empty when nothing is asked for. */
	get sql(): string {
		return this.#terms.length === 0 ? "" : `WHERE ${this.#terms.join(" AND ")}`;
	}
}
