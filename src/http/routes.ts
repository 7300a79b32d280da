import type { Route } from "./call";
import { keyRoutes } from "./routes/admin/keys";
import { providerRoutes } from "./routes/admin/providers";
import { teamRoutes } from "./routes/admin/teams";
import { opsRoutes } from "./routes/ops";
import { chatRoutes } from "./routes/v1/chat";
import { modelRoutes } from "./routes/v1/models";

/** Every route there is. What is not listed here is not served. */
export const ROUTES: readonly Route[] = [
	...opsRoutes,
	...chatRoutes,
	...modelRoutes,
	...teamRoutes,
	...keyRoutes,
	...providerRoutes,
];
