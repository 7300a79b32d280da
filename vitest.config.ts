// The test projects: which files each has, where they run, how many at once and in which order.
import { availableParallelism } from "node:os";
import path from "node:path";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { oneModule } from "./scripts/one-module.ts";

// Wrangler warns that `ai` is not inherited by the local environment, once for every file of the worker's tests.
// Nothing can be declared against that: a binding of that kind always asks for an account, so a stand-in, a service, has
// its name. What wrangler has to say about production's part of the file is said by `npm run check:deploy`.
process.env.WRANGLER_LOG ??= "error";

/** How much of each space is looked at: a part here, all of it in `.ci/run`, more in `npm run test:long`. */
const SCALE = Number(process.env.TOLLGATE_TEST_SCALE ?? "0.1");

/** The tests that take longest of those that run beside them. */
const LONG_FILES =
	/\/(simulation\/simulation|money\/two-level|v1\/(images|audio|chat-errors)|process\/(console|faults|budgets|mixed|openai-sdk|budget-kills|restart))\.test\.ts$/;

/** Begins with the files that take longest: one of them that begins last has a core, and the run, to itself. */
class LongFilesFirst extends BaseSequencer {
	override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
		const sorted = await super.sort(files);
		const isLong = ({ moduleId }: TestSpecification) => LONG_FILES.test(moduleId);
		return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
	}
}

/** Vitest leaves one core alone, half of a small machine; tests that start no process of their own take all. */
const ALL_CORES = { maxWorkers: "100%", sequence: { groupOrder: 0 } };

// Beside the tests of the tree itself, four layers: pure logic in Node with models of it, the whole gateway over virtual
// time in Node, the Worker inside workerd, and whole processes with official clients.
export default defineConfig({
	test: {
		globalSetup: "./test/oracle/generate.ts",
		provide: { scale: SCALE },
		sequence: { sequencer: LongFilesFirst },
		// The gateway's own log has a line for every request, also for those that tests make fail.
		onConsoleLog: (log) => !/^\{"level":"(info|warn)","event":"request"/.test(log),
		projects: [
			{ test: { name: "tidy", include: ["test/tidy/**/*.test.ts"], testTimeout: 20_000, ...ALL_CORES } },
			{
				test: {
					name: "unit",
					include: ["test/unit/**/*.test.ts"],
					testTimeout: 20_000,
					// Pure logic leaves nothing behind, and to load it anew for each file takes as long as to test it.
					isolate: false,
					...ALL_CORES,
				},
			},
			{ test: { name: "models", include: ["test/models/**/*.test.ts"], testTimeout: 20_000, ...ALL_CORES } },
			{
				test: { name: "simulation", include: ["test/simulation/**/*.test.ts"], testTimeout: 120_000, ...ALL_CORES },
			},
			{
				plugins: [
					oneModule(),
					cloudflareTest(async () => ({
						// Else the runtime tells of every connection that the simulator breaks because a test asked for it.
						verbose: false,
						wrangler: { configPath: "./wrangler.toml", environment: "local" },
						miniflare: {
							// The plugin finds a Worker's bindings to itself by the name of production, not of the environment.
							serviceBindings: {
								AI: { name: "tollgate", entrypoint: "LocalAi" },
								VECTORIZE: { name: "tollgate", entrypoint: "LocalVectorize" },
								SIMULATOR: { name: "tollgate", entrypoint: "Simulator" },
							},
							bindings: { TEST_MIGRATIONS: await readD1Migrations(path.join(import.meta.dirname, "migrations")) },
						},
					})),
				],
				test: {
					name: "worker",
					include: ["test/worker/**/*.test.ts"],
					setupFiles: ["./test/worker/setup.ts"],
					// A runtime takes longer to start than most files to run; the setup clears it between two files.
					isolate: false,
					// The first test of a file pays for starting the Worker, while other files do the same.
					testTimeout: 30_000,
					// Some wait for what a vendor announced, so one file more than there are cores runs at once.
					maxWorkers: availableParallelism() + 1,
					sequence: { groupOrder: 1 },
				},
			},
			{
				test: {
					name: "process",
					include: ["test/process/**/*.test.ts"],
					globalSetup: "./test/process/prepared.ts",
					testTimeout: 60_000,
					hookTimeout: 60_000,
					// Behind the others. Much of their time these tests wait for the processes that they start, so two files more
					// than there are cores run at once. At full size a file keeps a core busy by itself, and its processes another.
					maxWorkers: SCALE < 1 ? availableParallelism() + 2 : Math.max(1, availableParallelism() - 1),
					sequence: { groupOrder: 2 },
				},
			},
		],
	},
});
