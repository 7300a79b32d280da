// Every route that the Worker serves.
import { alertRoutes } from "#http/routes/admin/alerts";
import { auditRoutes } from "#http/routes/admin/audit";
import { budgetRoutes } from "#http/routes/admin/budgets";
import { circuitRoutes } from "#http/routes/admin/circuits";
import { credentialRoutes } from "#http/routes/admin/credentials";
import { keyRouteRoutes } from "#http/routes/admin/key-route";
import { keyRoutes } from "#http/routes/admin/keys";
import { modelSyncRoutes } from "#http/routes/admin/model-syncs";
import { modelRoutes } from "#http/routes/admin/models";
import { payloadRoutes } from "#http/routes/admin/payloads";
import { invitationRoutes } from "#http/routes/admin/people/invitations";
import { keyRequestRoutes } from "#http/routes/admin/people/key-requests";
import { sessionRoutes } from "#http/routes/admin/people/sessions";
import { tokenRoutes } from "#http/routes/admin/people/tokens";
import { providerTestRoutes } from "#http/routes/admin/provider-tests";
import { providerRoutes } from "#http/routes/admin/providers";
import { reconciliationRoutes } from "#http/routes/admin/reconciliation";
import { requestRoutes } from "#http/routes/admin/requests";
import { aliasRoutes } from "#http/routes/admin/routing/aliases";
import { defaultsRoutes } from "#http/routes/admin/routing/defaults";
import { routingRulesRoutes } from "#http/routes/admin/routing/routing-rules";
import { teamRoutes } from "#http/routes/admin/teams";
import { usageRoutes } from "#http/routes/admin/usage";
import { consoleRoutes } from "#http/routes/console";
import { descriptionRoutes } from "#http/routes/description";
import { metricRoutes } from "#http/routes/metrics";
import { nativeRoutes } from "#http/routes/native";
import { opsRoutes } from "#http/routes/ops";
import { batchRoutes } from "#http/routes/v1/batches";
import { billingRoutes } from "#http/routes/v1/billing";
import { countTokensRoutes } from "#http/routes/v1/count-tokens";
import { dryRunRoutes } from "#http/routes/v1/dry-run";
import { faceRoutes } from "#http/routes/v1/faces";
import { fileRoutes } from "#http/routes/v1/files";
import { keyRoutes as ownKeyRoutes } from "#http/routes/v1/key";
import { openrouterRoutes } from "#http/routes/v1/openrouter";
import { storedResponseRoutes } from "#http/routes/v1/stored-responses";
import { ownUsageRoutes } from "#http/routes/v1/usage";
import { videoRoutes } from "#http/routes/v1/videos/routes";
import type { Route } from "./call";

/** Every route there is. What is not listed here is not served. */
export const ROUTES: readonly Route[] = [
	...opsRoutes,
	...consoleRoutes,
	...metricRoutes,
	...descriptionRoutes(() => ROUTES),
	...faceRoutes,
	...nativeRoutes,
	...countTokensRoutes,
	...storedResponseRoutes,
	...fileRoutes,
	...batchRoutes,
	...dryRunRoutes,
	...videoRoutes,
	...ownKeyRoutes,
	...ownUsageRoutes,
	...billingRoutes,
	...openrouterRoutes,
	...sessionRoutes,
	...invitationRoutes,
	...teamRoutes,
	...keyRoutes,
	...keyRouteRoutes,
	...budgetRoutes,
	...providerRoutes,
	...modelSyncRoutes,
	...circuitRoutes,
	...usageRoutes,
	...requestRoutes,
	...reconciliationRoutes,
	...credentialRoutes,
	...providerTestRoutes,
	...payloadRoutes,
	...auditRoutes,
	...keyRequestRoutes,
	...tokenRoutes,
	...aliasRoutes,
	...routingRulesRoutes,
	...defaultsRoutes,
	...alertRoutes,
	...modelRoutes,
];
