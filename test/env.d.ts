// The environment that tests inside workerd see: the product's bindings.

declare namespace Cloudflare {
	interface GlobalProps {
		mainModule: typeof import("#simulator/entry");
	}
	interface Env extends Omit<import("#env").Env, "AI"> {
		readonly TEST_MIGRATIONS: import("cloudflare:test").D1Migration[];
	}
}
