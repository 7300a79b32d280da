// The operations that a budget counts; none chosen is all.
import { useWords } from "~/i18n/language";
import { OPERATIONS, type Operation, useOperationName } from "~/i18n/operations";
import { budgetWords } from "~/screens/budgets/words";
import { Choices } from "~/ui/choices";

interface Props {
	readonly chosen: readonly Operation[];
	readonly onChange: (chosen: readonly Operation[]) => void;
}

export function CountedOperations({ chosen, onChange }: Props) {
	const words = useWords(budgetWords);
	const operationName = useOperationName();
	return (
		<Choices
			label={words.counts}
			hint={words.countsHint}
			options={OPERATIONS.map((value) => ({ value, label: operationName(value) }))}
			chosen={chosen}
			onChange={onChange}
			columns
		/>
	);
}
