import type { FormatContext } from "../formatter/format-context.ts";
import type { ByteMeter } from "../stream-info/byte-meter.ts";
import type { CheckQuestion } from "./check-question.ts";
import type { Verdict } from "./verdict.ts";

/** A service that is asked whether requests may go on. */
export interface Authorizer {
  /** Told once, also before this returns. `context`: of the request that it is about. `meter`: where bytes are counted, by those that do. */
  check(
    question: CheckQuestion,
    context: FormatContext,
    onVerdict: (verdict: Verdict) => void,
    meter?: ByteMeter,
  ): { cancel(): void };
}
