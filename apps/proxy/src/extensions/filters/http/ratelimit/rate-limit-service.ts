import { fromBinary } from "@bufbuild/protobuf";
import {
  RateLimitResponse_Code as Code,
  type RateLimitResponse,
  RateLimitResponseSchema,
} from "@sluice/xds/gen/envoy/service/ratelimit/v3/rls_pb.js";
import type { FormatContext } from "../../../../formatter/format-context.ts";
import { ProtoWriter } from "../../../../grpc/proto-writer.ts";
import type { RateLimitDescriptor } from "../../../../route/rate-limit-policy.ts";
import type { UnaryService } from "../../../../upstream/unary-service.ts";

export const SHOULD_RATE_LIMIT = "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit";

/** What the service says of a request; "error": it did not say anything that can be used. */
export type Verdict =
  | { readonly kind: "ok" | "over limit"; readonly response: RateLimitResponse }
  | { readonly kind: "error" };

const ERROR: Verdict = Object.freeze({ kind: "error" });

export interface Question {
  readonly domain: string;
  readonly descriptors: readonly RateLimitDescriptor[];
  /** Of the whole request; 0: the service's default. */
  readonly hitsAddend: number;
}

/** `onVerdict` may be called before this returns. */
export function askService(
  service: UnaryService,
  question: Question,
  context: FormatContext,
  onVerdict: (verdict: Verdict) => void,
): { cancel(): void } {
  return service.call(encodeQuestion(question), context, {
    onMessage: (message) => onVerdict(verdictOf(message)),
    onStatus: () => onVerdict(ERROR),
  });
}

function verdictOf(message: Uint8Array): Verdict {
  let response: RateLimitResponse;
  try {
    response = fromBinary(RateLimitResponseSchema, message);
  } catch {
    return ERROR;
  }
  return { kind: response.overallCode === Code.OVER_LIMIT ? "over limit" : "ok", response };
}

const writer = new ProtoWriter();

/** envoy.service.ratelimit.v3.RateLimitRequest. */
function encodeQuestion({ domain, descriptors, hitsAddend }: Question): Uint8Array {
  writer.string(1, domain);
  for (const { entries, limit, hitsAddend: hits, isNegativeHits } of descriptors) {
    const descriptor = writer.begin(2);
    for (const { key, value } of entries) {
      const entry = writer.begin(1);
      writer.headerString(1, key);
      writer.headerString(2, value);
      writer.end(entry);
    }
    if (limit !== undefined) {
      const override = writer.begin(2);
      writer.uint(1, limit.requestsPerUnit);
      writer.uint(2, limit.unit);
      writer.end(override);
    }
    if (hits !== undefined) {
      const wrapped = writer.begin(3);
      writer.uint(1, hits);
      writer.end(wrapped);
    }
    writer.bool(4, isNegativeHits);
    writer.end(descriptor);
  }
  writer.uint(3, hitsAddend);
  return writer.finish();
}
