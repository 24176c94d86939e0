import type { AskedRequest } from "./asked-request.ts";
import type { Reason } from "./explanation.ts";
import type { ExplainSource } from "./read-source.ts";

/** What every step of an explanation has at hand. */
export interface Walk {
  readonly source: ExplainSource;
  readonly request: AskedRequest;
  readonly problems: Reason[];
}
