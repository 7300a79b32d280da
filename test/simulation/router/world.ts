// The targets of the router's simulation: prices, tempers, and what happens to each on the way.
import type { Model } from "#catalog/model";
import type { CredentialId } from "#core/ids";
import type { Alias } from "#core/routing/alias";
import type { Skill } from "#core/routing/auto-rules";
import { buildDirectory } from "#router/models/directory";
import { seededRandom } from "#router/ranking/seeded-random";
import { modelOf } from "#test/unit/router/world";
import { Drift, type Temper } from "./drift";
import { TASKS, type Task } from "./traffic";

export const START = Date.UTC(2026, 10, 27);
export const CREDENTIAL = "default" as CredentialId;

/** A target as it is set up; prices in USD per million tokens. */
interface Setup {
	readonly input: number;
	readonly cached: number;
	readonly output: number;
	readonly tiers: Partial<Record<Skill, number>>;
	readonly temper: Temper;
	/** How much longer its answers are than usual ones. */
	readonly verbosity: number;
	readonly model?: Partial<Model>;
	/** After this part of the time the prices change by this factor. */
	readonly repriced?: { readonly after: number; readonly factor: number };
}

const temper = (ttftMs: number, tokensPerSecond: number, failure: number, cacheHit: number): Temper => ({
	ttftMs,
	tokensPerSecond,
	failure,
	cacheHit,
	calmS: 1_200,
	spellS: 120,
});

/**
 * Eight targets at five providers: flagships, middle ones and small ones, one of them the same weights at two hosts.
 */
const SETUPS: Readonly<Record<string, Setup>> = {
	"north/flagship": {
		input: 3,
		cached: 0.3,
		output: 15,
		tiers: { general: 5 },
		temper: temper(900, 60, 0.004, 0.95),
		verbosity: 1,
	},
	"north/small": {
		input: 0.2,
		cached: 0.02,
		output: 0.8,
		tiers: { general: 2 },
		temper: temper(350, 140, 0.004, 0.95),
		verbosity: 0.9,
	},
	"south/coder": {
		input: 2,
		cached: 0.2,
		output: 10,
		tiers: { general: 4, code: 5, tools: 5 },
		temper: temper(800, 70, 0.006, 0.9),
		verbosity: 1.1,
	},
	"south/mini": {
		input: 0.15,
		cached: 0.075,
		output: 0.6,
		tiers: { general: 1, tools: 2 },
		temper: temper(300, 160, 0.006, 0.7),
		verbosity: 1,
	},
	"east/open": {
		input: 0.6,
		cached: 0.02,
		output: 2,
		tiers: { general: 3, code: 4, reasoning: 4 },
		temper: temper(1_200, 45, 0.015, 0.9),
		verbosity: 1.3,
		repriced: { after: 0.5, factor: 1.6 },
	},
	"west/open": {
		input: 0.5,
		cached: 0.5,
		output: 1.8,
		tiers: { general: 3, code: 4, reasoning: 4 },
		temper: temper(500, 120, 0.02, 0),
		verbosity: 1.3,
	},
	"west/tiny": {
		input: 0.05,
		cached: 0.05,
		output: 0.2,
		tiers: { general: 1 },
		temper: temper(200, 250, 0.02, 0),
		verbosity: 0.8,
		model: { tools: false },
	},
	"isle/middle": {
		input: 1,
		cached: 0.1,
		output: 5,
		tiers: { general: 3, tools: 4 },
		temper: temper(600, 90, 0.008, 0.85),
		verbosity: 1,
		repriced: { after: 0.3, factor: 0.7 },
	},
};

export const TARGETS = Object.keys(SETUPS);

/** In what each kind of task is judged, and how hard it is: the tier at which half of the answers are good. */
const JUDGED: Readonly<Record<Task, readonly [Skill, number]>> = {
	chat: ["general", -1.5],
	assistant: ["general", 0.5],
	code: ["code", 2.5],
	extraction: ["general", 0.2],
	reasoning: ["reasoning", 2.2],
	critical: ["general", 1],
};

/** A target with what is true of it. The router knows the model; of the rest only what it observes. */
export interface TrueTarget {
	readonly name: string;
	readonly model: Model;
	readonly drift: Drift;
	readonly verbosity: number;
	/**
	 * How likely an answer is good, by kind of task. Catalog's tiers say it roughly: each strays by up to half a tier.
	 */
	readonly good: Readonly<Record<Task, number>>;
}

export interface World {
	readonly targets: ReadonlyMap<string, TrueTarget>;
	directory(aliases: readonly Alias[]): ReturnType<typeof buildDirectory>;
}

export function worldOf(durationMs: number, seed: number): World {
	const targets = new Map(
		Object.entries(SETUPS).map(([name, setup], index) => [name, targetOf(name, setup, durationMs, seed + index / 100)]),
	);
	const models = [...targets.values()].map(({ model }) => model);
	const providers = [...new Set(models.map(({ provider }) => provider))].map((name) => ({
		name,
		models: models.filter(({ provider }) => provider === name),
		defaultModel: null,
		credentials: [{ id: CREDENTIAL, weight: 1 }],
	}));
	return { targets, directory: (aliases) => buildDirectory(providers, [], aliases) };
}

function targetOf(name: string, setup: Setup, durationMs: number, seed: number): TrueTarget {
	const { repriced, tiers, temper, verbosity } = setup;
	const model = modelOf(name, setup);
	const later = modelOf(name, { ...setup, ...priced(setup, repriced?.factor ?? 1) });
	const prices = [...model.prices];
	if (repriced !== undefined) {
		for (const { price } of later.prices) prices.push({ from: START + durationMs * repriced.after, price });
	}
	const draw = seededRandom(seed / 7);
	const good = Object.fromEntries(
		TASKS.map((task) => {
			const [skill, hardness] = JUDGED[task];
			const ability = (tiers[skill] ?? tiers.general ?? 1) + draw() - 0.5;
			return [task, 1 / (1 + Math.exp(hardness - ability))];
		}),
	);
	return {
		name,
		model: { ...model, prices },
		drift: new Drift(temper, START, durationMs, seed),
		verbosity,
		good: good as Record<Task, number>,
	};
}

function priced({ input, cached, output }: Setup, factor: number) {
	return { input: input * factor, cached: cached * factor, output: output * factor };
}
