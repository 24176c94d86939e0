import {
  type Compiled,
  type Problem,
  type Random,
  RESPONSE_FLAG_CODES,
  type Runtime,
  refuse,
} from "@sluice/extension-api";
import { compileValueMatcher } from "@sluice/matching";
import {
  type AccessLogFilter,
  type ComparisonFilter,
  ComparisonFilter_Op,
} from "@sluice/xds/gen/envoy/config/accesslog/v3/accesslog_pb.js";
import { AccessLogType } from "@sluice/xds/gen/envoy/data/accesslog/v3/accesslog_pb.js";
import type { MetadataMatcher } from "@sluice/xds/gen/envoy/type/matcher/v3/metadata_pb.js";
import { FractionalPercent_DenominatorType } from "@sluice/xds/gen/envoy/type/v3/percent_pb.js";
import type { FormatContext } from "../formatter/format-context.ts";
import { grpcStatusOfAny } from "../formatter/grpc-status.ts";
import { GrpcStatus } from "../grpc/grpc-status.ts";
import { compileExtensionFilter } from "./compile-extension-filter.ts";
import { compileHeaderCondition } from "./compile-header-condition.ts";

/** Whether an entry is to be logged. */
export type LogCondition = (context: FormatContext) => boolean;

export interface FilterDependencies {
  readonly random: Random;
  readonly runtime: Runtime;
}

/** All of Envoy's access-log filters, and of extensions CEL's; others are refused by name. */
export function compileAccessLogFilter(
  filter: AccessLogFilter,
  path: string,
  use: FilterDependencies,
): Compiled<LogCondition> {
  const specifier = filter.filterSpecifier;
  switch (specifier.case) {
    case "statusCodeFilter": {
      const compare = comparison(specifier.value.comparison, use.runtime);
      return { ok: true, value: ({ streamInfo }) => compare(streamInfo.responseCode) };
    }
    case "durationFilter": {
      const compare = comparison(specifier.value.comparison, use.runtime);
      return {
        ok: true,
        value: ({ streamInfo }) =>
          streamInfo.durationMs !== undefined && compare(Math.floor(streamInfo.durationMs)),
      };
    }
    case "notHealthCheckFilter":
      return {
        ok: true,
        value: ({ streamInfo }) => streamInfo.healthCheck !== true,
      };
    case "runtimeFilter": {
      const { runtimeKey, percentSampled, useIndependentRandomness } = specifier.value;
      const denominator = denominatorOf(percentSampled?.denominator);
      const numerator = percentSampled?.numerator ?? 0;
      return {
        ok: true,
        value: ({ request }) => {
          const id = useIndependentRandomness ? undefined : request?.get("x-request-id");
          const draw = (id === undefined ? undefined : numberOfRequestId(id)) ?? use.random.uint32();
          // The runtime's number is in the filter's own denominator, whatever it is.
          return draw % denominator < use.runtime.integer(runtimeKey, numerator);
        },
      };
    }
    case "andFilter":
    case "orFilter": {
      const every = specifier.case === "andFilter";
      const name = every ? "and_filter" : "or_filter";
      return combine(specifier.value.filters, `${path}.${name}.filters`, every, use);
    }
    case "headerFilter":
      return compileHeaderCondition(specifier.value.header, `${path}.header_filter.header`);
    case "responseFlagFilter": {
      let mask = 0;
      for (const flag of specifier.value.flags) {
        mask |= RESPONSE_FLAG_CODES.find(([, code]) => code === flag)?.[0] ?? 0;
      }
      const any = specifier.value.flags.length === 0;
      return {
        ok: true,
        value: ({ streamInfo }) =>
          any ? streamInfo.responseFlags !== 0 : (streamInfo.responseFlags & mask) !== 0,
      };
    }
    case "traceableFilter":
      return { ok: true, value: ({ streamInfo }) => streamInfo.traceReason !== undefined };
    case "metadataFilter": {
      const { matcher, matchIfKeyNotFound } = specifier.value;
      const otherwise = matchIfKeyNotFound ?? true;
      if (matcher === undefined) return { ok: true, value: () => otherwise };
      return compileMetadataCondition(matcher, otherwise, `${path}.metadata_filter.matcher`);
    }
    case "logTypeFilter": {
      const types = new Set(specifier.value.types.map((type) => AccessLogType[type]));
      const { exclude } = specifier.value;
      return { ok: true, value: ({ accessLogType }) => types.has(accessLogType ?? "NotSet") !== exclude };
    }
    case "grpcStatusFilter": {
      const statuses = new Set<number>(specifier.value.statuses);
      const { exclude } = specifier.value;
      return {
        ok: true,
        value: (context) => {
          return statuses.has(grpcStatusOfAny(context) ?? GrpcStatus.Unknown) !== exclude;
        },
      };
    }
    case "extensionFilter":
      return compileExtensionFilter(specifier.value, `${path}.extension_filter`);
    default: {
      const name = (specifier.case ?? "no filter").replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      return refuse(path, `${name} is not implemented`);
    }
  }
}

function compileMetadataCondition(
  matcher: MetadataMatcher,
  otherwise: boolean,
  path: string,
): Compiled<LogCondition> {
  const { filter, path: segments, value, invert } = matcher;
  if (value === undefined) {
    return refuse(path, "a value is required");
  }
  const test = compileValueMatcher(value, `${path}.value`);
  if (!test.ok) return test;
  const keys = segments.map(({ segment }) => segment.value ?? "");
  return {
    ok: true,
    value: ({ streamInfo }) => {
      let found: unknown = streamInfo.getDynamicMetadata(filter);
      for (const key of keys) {
        found = typeof found === "object" && found !== null ? Reflect.get(found, key) : undefined;
      }
      return found === undefined ? otherwise : test.value(found) !== invert;
    },
  };
}

function combine(
  filters: readonly AccessLogFilter[],
  path: string,
  every: boolean,
  use: FilterDependencies,
): Compiled<LogCondition> {
  const problems: Problem[] = [];
  const parts: LogCondition[] = [];
  filters.forEach((filter, index) => {
    const part = compileAccessLogFilter(filter, `${path}[${index}]`, use);
    if (part.ok) parts.push(part.value);
    else problems.push(...part.problems);
  });
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    value: every
      ? (context) => parts.every((part) => part(context))
      : (context) => parts.some((part) => part(context)),
  };
}

function comparison(filter: ComparisonFilter | undefined, runtime: Runtime): (value: number) => boolean {
  const fallback = filter?.value?.defaultValue ?? 0;
  const key = filter?.value?.runtimeKey ?? "";
  const bound = key === "" ? () => fallback : () => runtime.integer(key, fallback);
  switch (filter?.op) {
    case ComparisonFilter_Op.GE:
      return (value) => value >= bound();
    case ComparisonFilter_Op.LE:
      return (value) => value <= bound();
    case ComparisonFilter_Op.NE:
      return (value) => value !== bound();
    default:
      return (value) => value === bound();
  }
}

/** A request id's first eight digits, so that all proxies on a request's way log it or none does. */
function numberOfRequestId(id: string): number | undefined {
  const digits = id.slice(0, 8);
  return /^[0-9a-fA-F]{8}$/.test(digits) ? Number.parseInt(digits, 16) : undefined;
}

/** The number that a FractionalPercent's denominator stands for. */
function denominatorOf(type: FractionalPercent_DenominatorType | undefined): number {
  if (type === FractionalPercent_DenominatorType.TEN_THOUSAND) return 10_000;
  return type === FractionalPercent_DenominatorType.MILLION ? 1_000_000 : 100;
}
