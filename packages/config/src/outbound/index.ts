export { guardedFetch } from "./guarded-fetch.ts";
export { OutboundError, type OutboundErrorCode } from "./outbound-error.ts";
export { type OutboundPolicy, parseOutboundPolicy, readOutboundPolicy } from "./outbound-policy.ts";
export { type OutboundRequest, type OutboundResponse, outboundRequest } from "./outbound-request.ts";
export { type OutboundTarget, type Resolve, resolveTarget } from "./resolve-target.ts";
