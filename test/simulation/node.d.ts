// The parts of Node that the simulation stands on: the types of the Workers runtime know nothing of them, and those of
// Node cannot be loaded beside them.

declare module "node:sqlite" {
	export class StatementSync {
		all(...bindings: (string | number | null)[]): Record<string, unknown>[];
	}
	export class DatabaseSync {
		constructor(path: string);
		exec(query: string): void;
		prepare(query: string): StatementSync;
		close(): void;
	}
}

declare module "node:fs" {
	export function readdirSync(path: string): string[];
	export function readFileSync(path: string, encoding: "utf8"): string;
}

declare module "node:async_hooks" {
	export class AsyncLocalStorage<T> {
		run<R>(store: T, work: () => R): R;
		getStore(): T | undefined;
	}
}

declare module "node:timers" {
	export function setImmediate(run: () => void): unknown;
}

declare module "node:v8" {
	export function setFlagsFromString(flags: string): void;
	export function getHeapStatistics(): { used_heap_size: number };
}

declare module "node:vm" {
	export function runInNewContext(code: string): unknown;
}
