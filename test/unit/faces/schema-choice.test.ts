import fc from "fast-check";
import * as v from "valibot";
import { expect, it } from "vitest";
import { choiceBy } from "#faces/schema-choice";

const OPTIONS = [
	v.object({ type: v.literal("text"), text: v.string() }),
	v.object({ type: v.literal("call"), id: v.pipe(v.string(), v.minLength(1)), input: v.optional(v.string(), "{}") }),
] as const;
const variant = v.variant("type", OPTIONS);
const choice = choiceBy("type", OPTIONS, variant);

const field = fc.constantFrom("", "a", 1, null, undefined);
const object = fc.record(
	{ type: fc.constantFrom("text", "call", "other", "constructor", 1, null), text: field, id: field, input: field },
	{ requiredKeys: [] },
);

it("takes what the variant takes, and says the same of what is wrong", () => {
	fc.assert(
		fc.property(fc.oneof(object, fc.constantFrom<unknown>("text", 1, null, undefined, [])), (input) => {
			const told = ({ success, output, issues }: v.SafeParseResult<typeof variant | typeof choice>) =>
				success ? output : issues?.map(({ message, path }) => [message, path?.map(({ key }) => key)]);
			expect(told(v.safeParse(choice, input))).toEqual(told(v.safeParse(variant, input)));
		}),
		{ numRuns: 500 },
	);
});
