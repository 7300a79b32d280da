// A filter that is typed. The address has it a moment later, so what is typed is kept here too: else the caret would
// jump to the end of a text that is changed in its middle.
import { useState } from "react";
import { TextField } from "~/ui/fields";

interface Props {
	readonly label: string;
	readonly type?: "text" | "search";
	/** As the address has it. */
	readonly value: string;
	readonly onChange: (value: string) => void;
}

export function FilterField({ label, type = "text", value, onChange }: Props) {
	const [typed, setTyped] = useState(value);
	const [seen, setSeen] = useState(value);
	// What was typed and is not in the address yet.
	const [pending, setPending] = useState<readonly string[]>([]);
	if (value !== seen) {
		const place = pending.indexOf(value);
		setSeen(value);
		setPending(pending.slice(place === -1 ? pending.length : place + 1));
		// Another text than those that were typed here was set elsewhere.
		if (place === -1) setTyped(value);
	}
	return (
		<TextField
			label={label}
			type={type}
			value={typed}
			onChange={(next) => {
				setTyped(next);
				setPending([...pending, next]);
				onChange(next);
			}}
		/>
	);
}
