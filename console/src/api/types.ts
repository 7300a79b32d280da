// The shapes that the API's description names. They are made from it, so that the console cannot differ from the API.
import type { components } from "../../../.generated/api";

type Schemas = components["schemas"];

export type AdminToken = Schemas["AdminToken"];
export type Alias = Schemas["Alias"];
export type AuditEntry = Schemas["AuditEntry"];
export type Circuit = Schemas["Circuit"];
export type Circuits = Schemas["Circuits"];
export type CircuitTransition = Schemas["CircuitTransition"];
export type Invitation = Schemas["Invitation"];
export type Key = Schemas["Key"];
export type KeyBudget = Schemas["KeyBudget"];
export type KeyRequest = Schemas["KeyRequest"];
export type KnownModel = Schemas["KnownModel"];
export type NewKey = Schemas["NewKey"];
export type OwnTeam = Schemas["OwnTeam"];
export type Provider = Schemas["Provider"];
export type RequestRow = Schemas["Request"];
export type RoutePlan = Schemas["RoutePlan"];
export type Team = Schemas["Team"];
export type TeamBudget = Schemas["TeamBudget"];
export type Usage = Schemas["Usage"];
export type WholeRequest = Schemas["WholeRequest"];
