// The Python that runs official clients of it: of `TOLLGATE_PYTHON`, which must have them, or the machine's, if it has.
import { execFileSync } from "node:child_process";

export const PYTHON = process.env.TOLLGATE_PYTHON ?? "python3";

/** Whether Python has a package; says so where `what` is skipped because it has not. */
export function hasPackage(name: string, what: string): boolean {
	try {
		execFileSync(PYTHON, ["-c", `import ${name}`], { stdio: "ignore" });
		return true;
	} catch {
		if (process.env.TOLLGATE_PYTHON !== undefined) throw new Error(`${PYTHON} has no package ${name}`);
		process.stdout.write(`${what} is skipped: this machine has no python3 with the package ${name}\n`);
		return false;
	}
}
