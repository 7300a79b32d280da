/** A context that is made by hand, as tests make it, has no tracing. */
export type Traced = Partial<Pick<ExecutionContext, "tracing">>;

type Attributes = Readonly<Record<string, string | number | undefined>>;

/**
 * Begins a span in the platform's traces; returns how to end it. Costs next to nothing where a request is not traced.
 */
export function beginSpan({ tracing }: Traced, name: string): (attributes: Attributes) => void {
	const span = tracing?.startSpan(name);
	return (attributes) => {
		if (span?.isTraced) span.setAttributes(attributes);
		span?.end();
	};
}
