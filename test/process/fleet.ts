// Serves one deployment from several isolates behind a balancer.
import { writeFile } from "node:fs/promises";
import path from "node:path";
import * as v from "valibot";
import { unstable_readConfig } from "wrangler";

const ROOT = path.join(import.meta.dirname, "../..");
const BALANCER = path.join(import.meta.dirname, "balancer.ts");

/** What a gateway is made of, as wrangler.toml has it. */
const Configuration = v.object({
	...{ name: v.string(), main: v.string(), compatibility_date: v.string(), compatibility_flags: v.array(v.string()) },
	vars: v.record(v.string(), v.string()),
	durable_objects: v.object({ bindings: v.array(v.object({ name: v.string(), class_name: v.string() })) }),
	migrations: v.array(v.unknown()),
	services: v.array(v.unknown()),
	kv_namespaces: v.array(v.unknown()),
	r2_buckets: v.array(v.unknown()),
	d1_databases: v.array(v.unknown()),
});

/**
 * Has `wrangler dev` serve one deployment from several isolates, as it is served in production: gateways over the same
 * objects and databases, each with a memory of its own, behind a balancer. Writes its configuration into a directory
 * and returns the arguments. `settings` are variables of all gateways.
 */
export async function fleet(directory: string, isolates: number, settings: Record<string, string>): Promise<string[]> {
	const read = unstable_readConfig({ config: path.join(ROOT, "wrangler.toml"), env: "local" }, { hideWarnings: true });
	const { name, durable_objects, migrations, ...own } = v.parse(Configuration, read);
	const gateway = { ...own, vars: { ...own.vars, ...settings } };
	// The first one has the objects, and the others call them there.
	const owner = { ...gateway, name, durable_objects, migrations };
	const elsewhere = { bindings: durable_objects.bindings.map((object) => ({ ...object, script_name: name })) };
	const others = Array.from({ length: isolates - 1 }, (_, index) => {
		return { ...gateway, name: `${name}-${index + 1}`, durable_objects: elsewhere };
	});
	const gateways = [owner, ...others];
	const doors = gateways.map(({ name: service }, index) => ({ binding: String(index), service }));
	const { compatibility_date } = own;
	const balancer = { name: "balancer", main: BALANCER, compatibility_date, services: doors };
	const args: string[] = [];
	for (const worker of [balancer, ...gateways]) {
		const file = path.join(directory, `${worker.name}.json`);
		await writeFile(file, JSON.stringify({ name: worker.name, env: { local: worker } }));
		args.push("--config", file);
	}
	return args;
}
