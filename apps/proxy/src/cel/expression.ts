import type { ConnectionInfo, HeaderMap, StreamInfo } from "@sluice/extension-api";
import type { Expr as LegacyExpr } from "@sluice/xds/gen/google/api/expr/v1alpha1/syntax_pb.js";
import type { CelExpression as XdsExpression } from "@sluice/xds/gen/xds/type/v3/cel_pb.js";

/**
 * Expressions of the Common Expression Language over what is known of a request or connection: Envoy's "attributes".
 *
 * They stand in command operators (`%CEL(…)%`), filters of access logs, conditions of RBAC, matcher trees and rate-limit descriptors.
 * Each is compiled once, by `compileCel`, when its configuration is; what Envoy refuses then is refused then: texts that do not
 * parse, comprehensions (`all`, `exists`, `map`, …), functions that there are not, regular expressions that are malformed or too large.
 * An attribute that there is not is no mistake: as in Envoy, it is an error of each evaluation. So without loops an evaluation's cost is
 * bounded by the expression and by what it reads. Attributes are taken out of the subject when they are asked for, and are as they are then.
 *
 * The library is loaded with the first expression of a thread (`load-cel.ts`).
 */
export interface CelExpression {
  /** Whether it is true; what fails, or is no bool, is not. */
  matches(subject: CelSubject): boolean;
  /** The same while a request lasts; undefined: not true, but it asked for a response, of which something is yet to arrive. */
  decide(subject: CelSubject): boolean | undefined;
  /** As Envoy prints the value, in octets (binary string): lists, maps and types by their kind only. Undefined: it failed. */
  print(subject: CelSubject): string | undefined;
  /** The value with its type: see `TypedValue`. Undefined: it failed, or has no form in JSON. */
  value(subject: CelSubject): string | number | boolean | object | undefined;
}

/** What an expression is asked of. A FormatContext and the connection manager's stream are such; without request: a connection. */
export interface CelSubject {
  readonly request: HeaderMap | undefined;
  readonly response: HeaderMap | undefined;
  readonly responseTrailers: HeaderMap | undefined;
  readonly streamInfo: StreamInfo;
  readonly connection: ConnectionInfo;
  /** `filter_metadata` of the matched route and of its virtual host. */
  readonly routeMetadata?: Readonly<Record<string, unknown>> | undefined;
  readonly virtualHostMetadata?: Readonly<Record<string, unknown>> | undefined;
}

/** Text, or an expression that somebody has parsed: of either API, or in one of the fields of `xds.type.v3.CelExpression`. */
export type CelSource =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "legacy"; readonly expr: LegacyExpr }
  | { readonly kind: "xds"; readonly expr: XdsExpression };

/** `envoy.config.core.v3.CelExpressionConfig`, and who asks. */
export interface CelOptions {
  /** `string(…)`; default false. */
  readonly enableStringConversion?: boolean;
  /** `+` of texts and of bytes; default false: it fails. */
  readonly enableStringConcat?: boolean;
  /** `replace`, `split`, `lowerAscii`, …; default false. */
  readonly enableStringFunctions?: boolean;
  /** `xds.node` is there; default false, as Envoy tells it to logs and formats alone. */
  readonly knowsNode?: boolean;
}
