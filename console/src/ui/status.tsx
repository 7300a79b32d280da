// A state as a word beside a light: colour never says it alone.
const LIGHTS = {
	good: "bg-kumo-success",
	warning: "bg-kumo-warning",
	bad: "bg-kumo-danger",
	neutral: "bg-kumo-fill-hover",
} as const;

export type Light = keyof typeof LIGHTS;

export function Status({ light, children }: { readonly light: Light; readonly children: string }) {
	return (
		<span className="inline-flex items-center gap-1.5 md:whitespace-nowrap">
			<span aria-hidden="true" className={`inline-block size-2 shrink-0 rounded-full ${LIGHTS[light]}`} />
			{children}
		</span>
	);
}

/** A small word beside another: simulated, estimated, expired. */
export function Tag({ children }: { readonly children: string }) {
	return (
		<span className="inline-block whitespace-nowrap rounded-sm border border-kumo-line px-1 text-[11px] text-kumo-subtle leading-4">
			{children}
		</span>
	);
}
