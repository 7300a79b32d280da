import type { Model } from "../catalog/model";
import type { KeyPolicy } from "../core/policy";
import { DEFAULT_RULES } from "./default-rules";
import type { Directory } from "./directory";
import { named } from "./named";
import type { Wanted } from "./question";

/** The model that is most preferred among those that a request names. Throws as `named` does. */
export function resolve(wanted: Wanted, directory: Directory, policy: KeyPolicy): Model {
	const [first] = named(wanted, directory, DEFAULT_RULES, policy).targets;
	if (first === undefined) throw new RangeError("named without targets");
	return first.model;
}
