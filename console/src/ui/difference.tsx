// What changed from one state of a thing to the next, field by field.
import { defineWords, useWords } from "~/i18n/language";
import { Table } from "~/ui/table";

const words = defineWords(
	{ field: "Field", before: "Before", after: "After", same: "Nothing in it changed." },
	{ field: "字段", before: "之前", after: "之后", same: "内容没有变化。" },
);

interface DifferenceProps {
	/** Read out before the table. */
	readonly caption: string;
	readonly before: unknown;
	readonly after: unknown;
}

/** What stayed the same is left out. */
export function Difference({ caption, before: from, after: to }: DifferenceProps) {
	const text = useWords(words);
	const before = fieldsOf(from);
	const after = fieldsOf(to);
	const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
		(name) => written(before[name]) !== written(after[name]),
	);
	if (names.length === 0) return <p className="m-0 text-kumo-subtle">{text.same}</p>;
	return (
		<Table
			caption={caption}
			rows={names}
			rowKey={(name) => name}
			columns={[
				{ id: "field", title: text.field, cell: (name) => <code>{name}</code> },
				{ id: "before", title: text.before, cell: (name) => <Value value={before[name]} /> },
				{ id: "after", title: text.after, cell: (name) => <Value value={after[name]} /> },
			]}
		/>
	);
}

function Value({ value }: { readonly value: unknown }) {
	return <pre className="m-0 whitespace-pre-wrap break-words">{written(value)}</pre>;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
	if (value === null || value === undefined) return {};
	return typeof value === "object" ? { ...value } : { value };
}

function written(value: unknown): string {
	if (value === undefined) return "";
	return typeof value === "string" ? value : JSON.stringify(value, null, 1);
}
