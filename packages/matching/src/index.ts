export type { Compiled, Condition, HeaderView, MatchContext, RuntimeView } from "./contract.ts";
export { compileCookieMatcher } from "./cookie-matcher.ts";
export { compileHeaderMatcher } from "./header-matcher.ts";
export { compileRegex, type LinearRegex } from "./linear-regex.ts";
export { compileQueryParameterMatcher, queryParameter } from "./query-parameter-matcher.ts";
export {
  type CompiledRoute,
  type CompiledVirtualHost,
  type CompileRouteTableOptions,
  compileRouteTable,
  type RouteTable,
} from "./route-table.ts";
export { compileRuntimeFraction } from "./runtime-fraction.ts";
export { type CompiledStringMatcher, compileStringMatcher } from "./string-matcher.ts";
export { compileWeightedClusters, type WeightedClusters } from "./weighted-clusters.ts";
