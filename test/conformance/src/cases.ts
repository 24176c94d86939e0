import { FORWARDING_HEADER_CASES } from "./cases/forwarding-headers.ts";
import { ROUTE_ACTION_CASES } from "./cases/route-action.ts";
import { ROUTE_MATCH_CASES } from "./cases/route-match.ts";
import type { ConformanceCase } from "./conformance-case.ts";

export const CASES: readonly ConformanceCase[] = [
  ...ROUTE_MATCH_CASES,
  ...ROUTE_ACTION_CASES,
  ...FORWARDING_HEADER_CASES,
];
