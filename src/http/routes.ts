import type { Route } from "./call";
import { alertRoutes } from "./routes/admin/alerts";
import { aliasRoutes } from "./routes/admin/aliases";
import { auditRoutes } from "./routes/admin/audit";
import { budgetRoutes } from "./routes/admin/budgets";
import { circuitRoutes } from "./routes/admin/circuits";
import { credentialRoutes } from "./routes/admin/credentials";
import { keyRoutes } from "./routes/admin/keys";
import { modelRoutes as adminModelRoutes } from "./routes/admin/models";
import { payloadRoutes } from "./routes/admin/payloads";
import { providerTestRoutes } from "./routes/admin/provider-tests";
import { providerRoutes } from "./routes/admin/providers";
import { reconciliationRoutes } from "./routes/admin/reconciliation";
import { requestRoutes } from "./routes/admin/requests";
import { routingRulesRoutes } from "./routes/admin/routing-rules";
import { teamRoutes } from "./routes/admin/teams";
import { usageRoutes } from "./routes/admin/usage";
import { metricRoutes } from "./routes/metrics";
import { opsRoutes } from "./routes/ops";
import { billingRoutes } from "./routes/v1/billing";
import { chatRoutes } from "./routes/v1/chat";
import { keyRoutes as ownKeyRoutes } from "./routes/v1/key";
import { modelRoutes } from "./routes/v1/models";
import { routeRoutes } from "./routes/v1/route";
import { ownUsageRoutes } from "./routes/v1/usage";

/** Every route there is. What is not listed here is not served. */
export const ROUTES: readonly Route[] = [
	...opsRoutes,
	...metricRoutes,
	...chatRoutes,
	...modelRoutes,
	...routeRoutes,
	...ownKeyRoutes,
	...ownUsageRoutes,
	...billingRoutes,
	...teamRoutes,
	...keyRoutes,
	...budgetRoutes,
	...providerRoutes,
	...circuitRoutes,
	...usageRoutes,
	...requestRoutes,
	...reconciliationRoutes,
	...credentialRoutes,
	...providerTestRoutes,
	...payloadRoutes,
	...auditRoutes,
	...aliasRoutes,
	...routingRulesRoutes,
	...alertRoutes,
	...adminModelRoutes,
];
