// Each file of the worker's tests has a database of its own. All migrations go in one batch: each by itself, as
// production applies them, takes five times as long, for every file.
import { env } from "cloudflare:workers";

await env.DB.batch(env.TEST_MIGRATIONS.flatMap(({ queries }) => queries.map((query) => env.DB.prepare(query))));
