import { type Compiled, gatherProblems, type Problem } from "@sluice/extension-api";
import type { Route } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import {
  FractionalPercent_DenominatorType as Denominator,
  type FractionalPercent,
} from "@sluice/xds/gen/envoy/type/v3/percent_pb.js";
import { compileSubstitutionFormat } from "../formatter/compile-substitution-format.ts";
import type { FormatContext } from "../formatter/format-context.ts";
import { type CompiledTag, compileCustomTags } from "./compile-custom-tags.ts";
import type { TraceSampling } from "./trace-decision.ts";

/** A span's name, from what is known of its request. */
export type SpanName = (context: FormatContext) => string;

/** What a route says about the spans of its requests. */
export interface RouteTracing {
  /** `decorator.operation`, the span's name; "": none. */
  readonly operation: string;
  /** Whether the other side of the connection is told that name. */
  readonly propagate: boolean;
  /** In place of the connection manager's. */
  readonly sampling: TraceSampling | undefined;
  /** Beside the connection manager's; of two with one name this holds. */
  readonly customTags: readonly CompiledTag[];
  /** `tracing.operation` and `upstream_operation`, in place of the connection manager's. */
  readonly name: SpanName | undefined;
  readonly upstreamName: SpanName | undefined;
}

/** `decorator` and `tracing` of a route; undefined where it has neither. */
export function compileRouteTracing(route: Route, path: string): Compiled<RouteTracing | undefined> {
  const { decorator, tracing } = route;
  if (decorator === undefined && tracing === undefined) return { ok: true, value: undefined };
  const at = `${path}.tracing`;
  const problems: Problem[] = [];
  const take = gatherProblems(problems);
  const value: RouteTracing = {
    operation: decorator?.operation ?? "",
    propagate: decorator?.propagate ?? true,
    sampling:
      tracing === undefined
        ? undefined
        : {
            client: percent(tracing.clientSampling),
            random: percent(tracing.randomSampling),
            overall: percent(tracing.overallSampling),
          },
    customTags: take(compileCustomTags(tracing?.customTags ?? [], `${at}.custom_tags`)) ?? [],
    name: take(compileSpanName(tracing?.operation ?? "", `${at}.operation`)),
    upstreamName: take(compileSpanName(tracing?.upstreamOperation ?? "", `${at}.upstream_operation`)),
  };
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: Object.freeze(value) };
}

export function compileSpanName(text: string, path: string): Compiled<SpanName | undefined> {
  if (text === "") return { ok: true, value: undefined };
  const format = compileSubstitutionFormat(text, path);
  if (!format.ok) return format;
  return { ok: true, value: (context) => format.value.format(context) };
}

const DENOMINATORS: Readonly<Record<Denominator, number>> = {
  [Denominator.HUNDRED]: 100,
  [Denominator.TEN_THOUSAND]: 10_000,
  [Denominator.MILLION]: 1_000_000,
};

function percent(fraction: FractionalPercent | undefined): number {
  return fraction === undefined ? 100 : (fraction.numerator / DENOMINATORS[fraction.denominator]) * 100;
}
