// What becomes of the learnt models when an admin accepts what a list said.
import type { LearntModels } from "#store/config/document-kinds";
import { DIFFERENCE_KINDS, type Difference, type DifferenceKind, type Repriced } from "./difference";

/** What is accepted of each kind: all, or the models with these ids. */
export type Accepted = Readonly<Partial<Record<DifferenceKind, true | readonly string[]>>>;

/** How many models of each kind were applied. */
export type Applied = Readonly<Record<DifferenceKind, number>>;

/** What is accepted of a difference. A price that an admin set is left alone. */
export function acceptedOf(found: Difference, accepted: Accepted): Difference {
	const isAccepted = (kind: DifferenceKind) => (id: string) => {
		const ids = accepted[kind];
		return ids === true || ids?.includes(id) === true;
	};
	const priced = (kind: "dearer" | "cheaper") =>
		found[kind].filter(({ id, setByAdmin }) => !setByAdmin && isAccepted(kind)(id));
	return {
		new: found.new.filter(({ id }) => isAccepted("new")(id)),
		gone: found.gone.filter(isAccepted("gone")),
		dearer: priced("dearer"),
		cheaper: priced("cheaper"),
	};
}

export function countsOf(found: Difference): Applied {
	const counts = { new: 0, gone: 0, dearer: 0, cheaper: 0 };
	for (const kind of DIFFERENCE_KINDS) counts[kind] = found[kind].length;
	return counts;
}

/** The learnt models with what was accepted. */
export function withAccepted(before: LearntModels, { new: added, gone, dearer, cheaper }: Difference): LearntModels {
	const models = new Map(before.models);
	const back = new Set(added.map(({ id }) => id));
	// One that was hidden is known otherwise, and only shows itself again.
	for (const { id, fields } of added) {
		if (!before.hidden.includes(id)) models.set(id, { ...fields, id });
		else if (fields.prices !== undefined) models.set(id, { ...models.get(id), prices: fields.prices });
	}
	for (const { id, after } of [...dearer, ...cheaper] satisfies Repriced[]) {
		models.set(id, { ...models.get(id), prices: [after] });
	}
	// What was only learnt is forgotten; what is known otherwise is hidden.
	const learnt = gone.filter((id) => models.get(id)?.id !== undefined);
	for (const id of learnt) models.delete(id);
	const hidden = [...before.hidden, ...gone.filter((id) => !learnt.includes(id))].filter((id) => !back.has(id));
	return { models, hidden: [...new Set(hidden)] };
}
