import { serve } from "./http/app";

export { ApiKeyObject } from "../durable-objects/api-key/object";

export default { fetch: serve };
