import { serve } from "./http/app";

export { ApiKeyObject } from "../durable-objects/api-key/object";
export { ProviderObject } from "../durable-objects/provider/object";
export { TeamObject } from "../durable-objects/team/object";

export default { fetch: serve };
