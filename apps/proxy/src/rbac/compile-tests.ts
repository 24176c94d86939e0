import { type Compiled, refuse } from "@sluice/extension-api";
import {
  type Condition,
  compileCidrSet,
  compileMetadataMatcher,
  compilePathMatcher,
  compilePathMatchPolicy,
  compileStringMatcher,
  meetsPathRule,
  routingPath,
} from "@sluice/matching";
import type { CidrRange } from "@sluice/xds/gen/envoy/config/core/v3/address_pb.js";
import type { CelExpressionConfig } from "@sluice/xds/gen/envoy/config/core/v3/cel_pb.js";
import type { TypedExtensionConfig } from "@sluice/xds/gen/envoy/config/core/v3/extension_pb.js";
import { MetadataSource, type SourcedMetadata } from "@sluice/xds/gen/envoy/config/rbac/v3/rbac_pb.js";
import type { PathMatcher } from "@sluice/xds/gen/envoy/type/matcher/v3/path_pb.js";
import type { StringMatcher } from "@sluice/xds/gen/envoy/type/matcher/v3/string_pb.js";
import type { Expr } from "@sluice/xds/gen/google/api/expr/v1alpha1/syntax_pb.js";
import { compileCel } from "../cel/load-cel.ts";
import type { RbacInput, RbacTest } from "./rbac-input.ts";

/** What permissions and principals have in common. Paths are where the field stands. */

export const always: Compiled<RbacTest> = { ok: true, value: () => true };

export function refuseTest(path: string, message: string): Compiled<RbacTest> {
  return refuse(path, message);
}

export function allOf(tests: readonly Compiled<RbacTest>[]): Compiled<RbacTest> {
  return combined(tests, (found) => (input) => found.every((test) => test(input)));
}

export function anyOf(tests: readonly Compiled<RbacTest>[]): Compiled<RbacTest> {
  return combined(tests, (found) => (input) => found.some((test) => test(input)));
}

export function notTest(test: Compiled<RbacTest>): Compiled<RbacTest> {
  if (!test.ok) return test;
  const { value } = test;
  return { ok: true, value: (input) => !value(input) };
}

function combined(
  tests: readonly Compiled<RbacTest>[],
  join: (tests: readonly RbacTest[]) => RbacTest,
): Compiled<RbacTest> {
  const problems = tests.flatMap((test) => (test.ok ? [] : test.problems));
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: join(tests.flatMap((test) => (test.ok ? [test.value] : []))) };
}

/** A matcher of routes as a test. */
export function conditionTest(condition: Compiled<Condition>): Compiled<RbacTest> {
  if (!condition.ok) return condition;
  const { value } = condition;
  return { ok: true, value: (input) => value.matches(input.headers, 0, input) };
}

export function ipTest(
  range: CidrRange,
  path: string,
  pick: (input: RbacInput) => string | undefined,
): Compiled<RbacTest> {
  const set = compileCidrSet([range], path);
  if (!set.ok) return set;
  return { ok: true, value: (input) => set.value.has(pick(input) ?? "") };
}

export function textTest(
  matcher: StringMatcher,
  path: string,
  pick: (input: RbacInput) => string,
): Compiled<RbacTest> {
  const compiled = compileStringMatcher(matcher, path);
  if (!compiled.ok) return compiled;
  return { ok: true, value: (input) => compiled.value.matches(pick(input)) };
}

/** The path without query; a connection without request has none. */
export function pathTest(matcher: PathMatcher, path: string): Compiled<RbacTest> {
  const compiled = compilePathMatcher(matcher, path);
  if (!compiled.ok) return compiled;
  return {
    ok: true,
    value: ({ headers }) => {
      const target = headers.get(":path");
      return target !== undefined && compiled.value.matches(target);
    },
  };
}

/** A URI template, which the path has to meet without its query. */
export function templateTest(policy: TypedExtensionConfig, path: string): Compiled<RbacTest> {
  const rule = compilePathMatchPolicy(policy, path);
  if (!rule.ok) return rule;
  return {
    ok: true,
    value: ({ headers }) => {
      const target = headers.get(":path");
      return target !== undefined && meetsPathRule(rule.value, routingPath(target, false), headers);
    },
  };
}

export function sourcedMetadataTest(config: SourcedMetadata, path: string): Compiled<RbacTest> {
  if (config.metadataMatcher === undefined) return refuseTest(`${path}.metadata_matcher`, "is required");
  const condition = compileMetadataMatcher(config.metadataMatcher, `${path}.metadata_matcher`);
  if (config.metadataSource === MetadataSource.DYNAMIC || !condition.ok) return conditionTest(condition);
  const { value } = condition;
  return {
    ok: true,
    value: ({ headers, routeMetadata }) =>
      value.matches(headers, 0, { dynamicMetadata: (filter) => asStruct(routeMetadata?.[filter]) }),
  };
}

/** `filter_metadata` holds Structs. */
function asStruct(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return value as Readonly<Record<string, unknown>> | undefined;
}

/** A policy's condition; one that fails does not hold. */
export function expressionTest(
  expr: Expr,
  config: CelExpressionConfig | undefined,
  path: string,
): Compiled<RbacTest> {
  const compiled = compileCel({ kind: "legacy", expr }, path, { ...config });
  if (!compiled.ok) return compiled;
  return { ok: true, value: (input) => compiled.value.matches(input.attributes) };
}
