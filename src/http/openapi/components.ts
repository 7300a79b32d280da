// The shapes that have a name in the API's description, and what one of each looks like.
import * as v from "valibot";
import { ERROR_CATALOG, type ErrorCode } from "#core/error-catalog";
import { GatewayError } from "#core/errors";
import { errorBody as anthropicError } from "#faces/anthropic-messages/error-body";
import { errorBody as openaiError } from "#faces/openai-chat/error-body";
import { AlertView } from "#http/views/alert";
import { AuditEntryView } from "#http/views/audit-entry";
import {
	BudgetChangeView,
	BudgetStateView,
	BudgetView,
	KeyBudgetView,
	LimitsView,
	TeamBudgetView,
} from "#http/views/budget";
import { CircuitsView, CircuitView, TransitionView } from "#http/views/circuit";
import { AliasView, DefaultsView, RoutingRulesView } from "#http/views/document";
import { KeyView, NewKeyView, OwnKeyView } from "#http/views/key";
import { KnownModelView } from "#http/views/known-model";
import { SyncView } from "#http/views/model-sync";
import { KeyRequestView, OwnTeamView } from "#http/views/people/key-request";
import { InvitationView, SessionView } from "#http/views/people/session";
import { TokenView } from "#http/views/people/token";
import {
	AddedProviderView,
	BuiltInProviderView,
	CredentialView,
	PresetView,
	ProviderView,
	TestView,
} from "#http/views/provider";
import { ReconciliationView } from "#http/views/reconciliation";
import { OwnRequestView, RequestView, WholeRequestView } from "#http/views/request-report";
import { RouteView } from "#http/views/route";
import { TeamView } from "#http/views/team";
import { UsageView } from "#http/views/usage-report";

const ERROR_CODES = Object.keys(ERROR_CATALOG) as ErrorCode[];
const ErrorCodeView = v.picklist(ERROR_CODES);

export const ErrorView = v.object({
	error: v.object({
		message: v.pipe(v.string(), v.description("begins with `[gateway]`, or with the provider's name where it speaks")),
		type: v.picklist([...new Set(ERROR_CODES.map((code) => ERROR_CATALOG[code].type))]),
		param: v.pipe(v.nullable(v.string()), v.description("the field that is wrong, as in `messages[0].content`")),
		code: v.pipe(v.union([ErrorCodeView, v.string()]), v.description("or the provider's own, where that says it best")),
		request_id: v.string(),
		metadata: v.exactOptional(v.record(v.string(), v.unknown())),
	}),
});

export const AnthropicErrorView = v.object({
	type: v.literal("error"),
	error: v.object({
		type: v.string(),
		message: v.string(),
		details: v.looseObject({ error_code: v.union([ErrorCodeView, v.string()]) }),
	}),
	request_id: v.string(),
});

/** Shapes by their names in the description; any other shape is named by its route. */
export const COMPONENTS: Readonly<Record<string, v.GenericSchema>> = {
	Error: ErrorView,
	ErrorCode: ErrorCodeView,
	AnthropicError: AnthropicErrorView,
	Limits: LimitsView,
	Budget: BudgetView,
	BudgetState: BudgetStateView,
	BudgetChange: BudgetChangeView,
	KeyBudget: KeyBudgetView,
	TeamBudget: TeamBudgetView,
	Team: TeamView,
	Key: KeyView,
	NewKey: NewKeyView,
	OwnKey: OwnKeyView,
	BuiltInProvider: BuiltInProviderView,
	AddedProvider: AddedProviderView,
	Provider: ProviderView,
	ProviderPreset: PresetView,
	ProviderCredential: CredentialView,
	ProviderTest: TestView,
	ModelsSync: SyncView,
	Circuit: CircuitView,
	CircuitTransition: TransitionView,
	Circuits: CircuitsView,
	Alias: AliasView,
	RoutingRules: RoutingRulesView,
	Defaults: DefaultsView,
	KnownModel: KnownModelView,
	Usage: UsageView,
	Request: RequestView,
	WholeRequest: WholeRequestView,
	OwnRequest: OwnRequestView,
	RoutePlan: RouteView,
	Reconciliation: ReconciliationView,
	Alert: AlertView,
	AuditEntry: AuditEntryView,
	AdminToken: TokenView,
	KeyRequest: KeyRequestView,
	OwnTeam: OwnTeamView,
	Session: SessionView,
	Invitation: InvitationView,
};

const REQUEST_ID = "req_019adf36c00051f0c0a7e9d2b3846610";
const BUDGET = {
	id: "bud_019adf36c0007c1be1a2906b4d1f55aa",
	name: null,
	limit_usd: "500",
	window: "month",
	time_zone: "Asia/Shanghai",
	action: "block",
	models: null,
	providers: null,
	operations: null,
	per_end_user: false,
};
const LIMITS = {
	requests_per_minute: 600,
	requests_per_day: null,
	tokens_per_minute: null,
	concurrent_requests: null,
};

/** One of each of the shapes that are met most. */
export const EXAMPLES: Readonly<Record<string, unknown>> = {
	Error: openaiError(GatewayError.of("team_not_found", "there is no team `team_1`").details, REQUEST_ID),
	AnthropicError: anthropicError(GatewayError.of("invalid_api_key", "no API key was sent").details, REQUEST_ID),
	Budget: BUDGET,
	Team: {
		id: "team_019adf36c0009d1e5f3c2b7a48e0d6f1",
		object: "team",
		name: "Search",
		metadata: {},
		limits: LIMITS,
		budgets: [BUDGET],
		payloads: null,
		self_service: { max_keys: 3, max_budget_usd: "20", window: "month", max_days: 90 },
		created_at: "2026-11-30T10:00:00.000Z",
		updated_at: "2026-11-30T10:00:00.000Z",
	},
	Key: {
		id: "key_019adf36c000aa30b57cf28d9e6140c2",
		object: "api_key",
		team_id: "team_019adf36c0009d1e5f3c2b7a48e0d6f1",
		name: "indexer",
		owner_id: null,
		status: "active",
		prefix: "tg_live_",
		last4: "x7Qd",
		models: ["openai/*"],
		providers: null,
		regions: null,
		expires_at: null,
		ip_ranges: null,
		payloads: null,
		vendor_state: false,
		stored_responses: false,
		vendor_tools: [],
		cache_prompts: false,
		native_ceiling_usd: null,
		limits: LIMITS,
		budgets: [],
		metadata: {},
		created_at: "2026-11-30T10:00:00.000Z",
		updated_at: "2026-11-30T10:00:00.000Z",
		last_used_at: null,
		revoked_at: null,
		secrets: [
			{
				id: "sec_019adf36c000d2f4a1907be35c861f40",
				prefix: "tg_live_",
				last4: "x7Qd",
				created_at: "2026-11-30T10:00:00.000Z",
				valid_until: null,
			},
		],
	},
	AuditEntry: {
		id: "aud_019adf36c000e45b7f80c1d3a2967b14",
		object: "audit_entry",
		at: "2026-11-30T10:00:00.000Z",
		who: "admin:lin",
		request_id: REQUEST_ID,
		kind: "team",
		subject: "team_019adf36c0009d1e5f3c2b7a48e0d6f1",
		action: "create",
		before: null,
		after: { name: "Search" },
	},
	RoutePlan: {
		object: "route",
		alias: "steady",
		strategy: "priority",
		rule: null,
		affinity: null,
		candidates: [
			{
				provider: "openai",
				model: "gpt-6-luna",
				credential: "default",
				score: null,
				parts: {},
				expected_cost_usd: "0.000031",
				most_usd: "0.0081",
				needs_trial: false,
				deferred: null,
				shut_until: null,
			},
		],
		excluded: [{ target: "deepseek/deepseek-flash", reason: "health:open", until: "2027-01-01T00:00:30.000Z" }],
	},
};
