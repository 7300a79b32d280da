// The agents that are tried, each with what a user enters to point it at a gateway, as docs/clients.md says in words.

/** A call of an agent's program. */
export interface Command {
	readonly args: readonly string[];
	/** What it reads, where the prompt cannot be an argument. */
	readonly input?: string;
}

/** What an agent has to be told of the gateway. */
export interface Place {
	/** Without a path, such as http://127.0.0.1:8787. */
	readonly origin: string;
	readonly key: string;
	readonly model: string;
}

export interface Agent {
	readonly name: string;
	/** As npm knows it, with the version that is tried. */
	readonly package: `${string}@${string}`;
	/** The program among `node_modules/.bin`. */
	readonly program: string;
	/** What the package would run after it is installed, below `node_modules`. */
	readonly setup?: string;
	/** A model that is asked in its own protocol, and one that the face is translated for. */
	readonly models: readonly string[];
	/** The agent's own tool that runs a shell's command, and its arguments. */
	call(command: string): readonly [tool: string, input: object];
	/** Files below its home. */
	files?(place: Place): Record<string, string>;
	env(place: Place): Record<string, string>;
	/** One after the other; the last one is asked the prompt. */
	commands(place: Place, prompt: string): readonly Command[];
}

const codex = {
	package: "@openai/codex@0.171.0",
	program: "codex",
	call: (command: string) => ["exec_command", { cmd: command }] as const,
	env: ({ key }: Place) => ({ TOLLGATE_KEY: key }),
	commands: (_: Place, prompt: string) => [
		// The folder is empty and its own; a sandbox inside a container would refuse to start.
		{ args: ["exec", "--skip-git-repo-check", "--sandbox", "danger-full-access", prompt] },
	],
} as const;

function codexConfig({ origin, model }: Place, more = ""): Record<string, string> {
	return {
		".codex/config.toml": `model = "${model}"
model_provider = "tollgate"

[model_providers.tollgate]
name = "Tollgate"
base_url = "${origin}/v1"
env_key = "TOLLGATE_KEY"
wire_api = "responses"
${more}`,
	};
}

export const AGENTS: readonly Agent[] = [
	{
		...codex,
		name: "Codex",
		models: ["gpt-5.4", "anthropic/claude-sonnet-5-5", "gemini/gemini-3.1-flash-lite"],
		files: (place) => codexConfig(place),
	},
	{
		...codex,
		name: "Codex, which asks for a WebSocket first",
		models: ["gpt-5.4"],
		files: (place) => codexConfig(place, "supports_websockets = true\n"),
	},
	{
		name: "Claude Code",
		package: "@anthropic-ai/claude-code@2.1.332",
		program: "claude",
		setup: "@anthropic-ai/claude-code/install.cjs",
		models: ["anthropic/claude-sonnet-5", "openai/gpt-6-luna", "deepseek/deepseek-flash"],
		call: (command) => ["Bash", { command, description: "Reads the note" }],
		env: ({ origin, key, model }) => ({
			ANTHROPIC_BASE_URL: origin,
			ANTHROPIC_AUTH_TOKEN: key,
			ANTHROPIC_MODEL: model,
			ANTHROPIC_SMALL_FAST_MODEL: model,
			CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: "1",
			CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
			DISABLE_AUTOUPDATER: "1",
		}),
		commands: (_, prompt) => [{ args: ["-p", "--allowedTools", "Bash", "--", prompt] }],
	},
	{
		name: "opencode",
		package: "opencode-ai@1.18.33",
		program: "opencode",
		setup: "opencode-ai/postinstall.mjs",
		models: ["gpt-5.4", "anthropic/claude-sonnet-5-5"],
		call: (command) => ["bash", { command, description: "Reads the note" }],
		files: ({ origin, model }) => ({
			".config/opencode/opencode.json": JSON.stringify({
				$schema: "https://opencode.ai/config.json",
				model: `tollgate/${model}`,
				small_model: `tollgate/${model}`,
				provider: {
					tollgate: {
						npm: "@ai-sdk/openai-compatible",
						name: "Tollgate",
						options: { baseURL: `${origin}/v1`, apiKey: "{env:TOLLGATE_KEY}" },
						models: { [model]: {} },
					},
				},
			}),
		}),
		env: ({ key }) => ({
			TOLLGATE_KEY: key,
			OPENCODE_DISABLE_MODELS_FETCH: "1",
			OPENCODE_DISABLE_AUTOUPDATE: "1",
		}),
		// As an argument, it would put a prompt with quotes into quotes of its own.
		commands: (_, prompt) => [{ args: ["run"], input: prompt }],
	},
	{
		name: "Cline",
		package: "cline@3.0.65",
		program: "cline",
		models: ["gpt-5.4", "anthropic/claude-sonnet-5-5"],
		call: (command) => ["run_commands", { commands: [command] }],
		env: () => ({}),
		commands: ({ origin, key, model }, prompt) => [
			{ args: ["auth", "-p", "openai", "-k", key, "-m", model, "-b", `${origin}/v1`] },
			{ args: ["--json", prompt] },
		],
	},
];
