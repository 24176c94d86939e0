import {
  type RateLimitRequest,
  RateLimitRequestSchema,
  RateLimitResponseSchema,
} from "@sluice/xds/gen/envoy/service/ratelimit/v3/rls_pb.js";
import { type Answer, type AskedService, answeringService } from "./answering-service.ts";

export type LimitAnswer = Answer<typeof RateLimitResponseSchema>;

/** Answers envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit. `fields`: of requests, what is kept of their heads. */
export function limitService(
  answer: (request: RateLimitRequest, call: number) => LimitAnswer,
  fields: readonly string[] = [],
): AskedService {
  return answeringService({
    request: RateLimitRequestSchema,
    response: RateLimitResponseSchema,
    answer,
    fields,
  });
}
