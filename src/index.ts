import { serve } from "./http/app";

export { ApiKeyObject } from "../durable-objects/api-key/object";
export { TeamObject } from "../durable-objects/team/object";

export default { fetch: serve };
