// Spans of a request in the platform's traces.

/** A context that is made by hand, as tests make it, has no tracing. */
export type Traced = Partial<Pick<ExecutionContext, "tracing">>;

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** Begins a span; returns how to end it. */
type Spans = (name: string) => (attributes: Attributes) => void;

const UNTRACED = (): void => {};

/** A request's spans in the platform's traces. Where the first shows that it is not traced, it is the only one. */
export function spansOf({ tracing }: Traced): Spans {
	let isTraced = tracing !== undefined;
	return (name) => {
		if (!isTraced) return UNTRACED;
		const span = tracing?.startSpan(name);
		isTraced = span?.isTraced === true;
		return (attributes) => {
			if (isTraced) span?.setAttributes(attributes);
			span?.end();
		};
	};
}
