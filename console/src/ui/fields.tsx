// Fields of forms: each has its label, what it is for, and its error beside it.
import { Checkbox as KumoCheckbox } from "@cloudflare/kumo/components/checkbox";
import { Input, Textarea } from "@cloudflare/kumo/components/input";
import { type ReactNode, useId } from "react";

interface FieldProps {
	readonly label: string;
	readonly hint?: ReactNode;
	readonly error?: ReactNode;
	readonly required?: boolean;
	readonly disabled?: boolean;
}

interface TextFieldProps extends FieldProps {
	readonly value: string;
	readonly onChange: (value: string) => void;
	readonly type?: "text" | "password" | "search" | "email" | "date" | "datetime-local" | "url";
	readonly inputMode?: "text" | "decimal" | "numeric";
	readonly placeholder?: string;
	readonly autoComplete?: string;
	readonly autoFocus?: boolean;
	readonly maxLength?: number;
	/** What may be meant, shown while a person types. */
	readonly suggestions?: readonly string[];
}

export function TextField({ suggestions, ...props }: TextFieldProps) {
	const list = useId();
	if (suggestions === undefined) return <PlainField {...props} />;
	return (
		<>
			<PlainField {...props} list={list} />
			<datalist id={list}>
				{suggestions.map((name) => (
					<option key={name} value={name} />
				))}
			</datalist>
		</>
	);
}

interface PlainFieldProps extends Omit<TextFieldProps, "suggestions"> {
	readonly list?: string;
}

function PlainField({ label, hint, error, value, onChange, type = "text", ...rest }: PlainFieldProps) {
	return (
		<Input
			label={<span className="font-medium text-[13px]">{label}</span>}
			{...(hint === undefined ? {} : { description: hint })}
			{...(error === undefined ? {} : { error: { message: error, match: true }, variant: "error" as const })}
			size="sm"
			type={type}
			value={value}
			onChange={(event) => onChange(event.currentTarget.value)}
			className="w-full"
			{...rest}
		/>
	);
}

interface TextAreaFieldProps extends FieldProps {
	readonly value: string;
	readonly onChange: (value: string) => void;
	readonly rows?: number;
	readonly placeholder?: string;
}

export function TextAreaField({ label, hint, error, value, onChange, rows = 4, ...rest }: TextAreaFieldProps) {
	return (
		<Textarea
			label={<span className="font-medium text-[13px]">{label}</span>}
			{...(hint === undefined ? {} : { description: hint })}
			{...(error === undefined ? {} : { error: { message: error, match: true } })}
			rows={rows}
			value={value}
			onChange={(event) => onChange(event.currentTarget.value)}
			className="w-full"
			{...rest}
		/>
	);
}

interface SelectFieldProps<Value extends string> extends FieldProps {
	readonly value: Value;
	readonly onChange: (value: Value) => void;
	readonly options: readonly { readonly value: Value; readonly label: string }[];
	/** Only read out: where the choice says by itself what it is. */
	readonly labelHidden?: boolean;
}

/** The browser's own list: it works by keyboard, by touch and with a screen reader everywhere. */
export function SelectField<Value extends string>(props: SelectFieldProps<Value>) {
	const { label, hint, error, value, onChange, options, labelHidden = false, ...rest } = props;
	const id = useId();
	return (
		<div className="flex flex-col gap-1.5">
			<label htmlFor={id} className={labelHidden ? "sr-only" : "font-medium leading-5"}>
				{label}
			</label>
			<select
				id={id}
				className="h-7 max-w-full rounded-md border border-kumo-line bg-kumo-control px-2 text-kumo-default"
				value={value}
				aria-invalid={error !== undefined}
				onChange={(event) => {
					const chosen = options.find((option) => option.value === event.currentTarget.value);
					if (chosen !== undefined) onChange(chosen.value);
				}}
				{...rest}
			>
				{options.map((option) => (
					<option key={option.value} value={option.value}>
						{option.label}
					</option>
				))}
			</select>
			{error === undefined ? null : <div className="text-kumo-danger">{error}</div>}
			{hint === undefined ? null : <p className="text-kumo-subtle">{hint}</p>}
		</div>
	);
}

interface ToggleProps {
	readonly label: string;
	readonly checked: boolean;
	readonly onChange: (checked: boolean) => void;
	readonly disabled?: boolean;
}

export function CheckboxField({ label, checked, onChange, disabled = false }: ToggleProps) {
	return <KumoCheckbox label={label} checked={checked} onCheckedChange={onChange} disabled={disabled} />;
}
