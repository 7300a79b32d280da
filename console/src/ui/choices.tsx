// Any number of a few things, each with its box.
import type { ReactNode } from "react";
import { CheckboxField } from "~/ui/fields";

interface Props<Value extends string> {
	readonly label: string;
	readonly hint?: string;
	readonly options: readonly { readonly value: Value; readonly label: string }[];
	readonly chosen: readonly Value[];
	readonly onChange: (chosen: readonly Value[]) => void;
	readonly error?: ReactNode;
	/** Several beside each other, where their names are short. */
	readonly columns?: boolean;
}

export function Choices<Value extends string>(props: Props<Value>) {
	const { label, hint, options, chosen, onChange, error, columns = false } = props;
	return (
		<fieldset className="m-0 flex flex-col gap-2 border-0 p-0">
			<legend className="mb-1.5 p-0 font-medium">{label}</legend>
			<div className={columns ? "grid grid-cols-2 gap-2 sm:grid-cols-3" : "flex flex-col gap-2"}>
				{options.map(({ value, label: name }) => (
					<CheckboxField
						key={value}
						label={name}
						checked={chosen.includes(value)}
						onChange={(on) => onChange(options.map((one) => one.value).filter((one) => isOn(one, value, on)))}
					/>
				))}
			</div>
			{hint === undefined ? null : <p className="m-0 text-kumo-subtle">{hint}</p>}
			{error === undefined ? null : <p className="m-0 text-kumo-danger">{error}</p>}
		</fieldset>
	);

	function isOn(one: Value, changed: Value, on: boolean): boolean {
		return one === changed ? on : chosen.includes(one);
	}
}
