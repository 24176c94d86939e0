import type { Message } from "@bufbuild/protobuf";
import type { Compiled } from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds/any";
import type { TypedExtensionConfig } from "@sluice/xds/gen/envoy/config/core/v3/extension_pb.js";
import type { ParentBasedSamplerConfig } from "@sluice/xds/gen/envoy/extensions/tracers/opentelemetry/samplers/v3/parent_based_sampler_pb.js";
import type { TraceIdRatioBasedSamplerConfig } from "@sluice/xds/gen/envoy/extensions/tracers/opentelemetry/samplers/v3/trace_id_ratio_based_sampler_pb.js";
import { FractionalPercent_DenominatorType as Denominator } from "@sluice/xds/gen/envoy/type/v3/percent_pb.js";
import type { TraceParent } from "./trace-parent.ts";

/**
 * Whether a span is to be exported, in place of what the parent says; the connection manager's sampling can still forbid it. `traceId`: 32
 * hexadecimal digits; `parent`: undefined for the first span of a trace.
 */
export type Sampler = (traceId: string, parent: TraceParent | undefined) => boolean;

const PACKAGE = "envoy.extensions.tracers.opentelemetry.samplers.v3";
/** A sampler that wraps itself without end is no configuration. */
const DEPTH_MAX = 16;

/** OpenTelemetry's samplers under Envoy's names: always on, by the trace id, and by the parent. */
export function compileSampler(config: TypedExtensionConfig, path: string, depth = 0): Compiled<Sampler> {
  const refuse = (message: string): Compiled<Sampler> => ({
    ok: false,
    problems: [{ path, message, severity: "error" }],
  });
  if (depth > DEPTH_MAX) return refuse("samplers are nested too deeply");
  if (config.typedConfig === undefined) return refuse(`${config.name} needs a typed_config`);
  const unpacked = unpackAny(config.typedConfig);
  if (!unpacked.ok) return refuse(unpacked.message);
  switch (unpacked.typeName) {
    case `${PACKAGE}.AlwaysOnSamplerConfig`:
      return { ok: true, value: () => true };
    case `${PACKAGE}.TraceIdRatioBasedSamplerConfig`:
      return { ok: true, value: ratioSampler(asType<TraceIdRatioBasedSamplerConfig>(unpacked.message)) };
    case `${PACKAGE}.ParentBasedSamplerConfig`: {
      const { wrappedSampler } = asType<ParentBasedSamplerConfig>(unpacked.message);
      if (wrappedSampler === undefined) return refuse("needs a wrapped_sampler");
      const root = compileSampler(wrappedSampler, `${path}.typed_config.wrapped_sampler`, depth + 1);
      if (!root.ok) return root;
      return { ok: true, value: (traceId, parent) => parent?.sampled ?? root.value(traceId, undefined) };
    }
    default:
      return refuse(`sampler ${unpacked.typeName} is not implemented`);
  }
}

/** The same traces at every proxy: the first eight octets of the id are the number, the lowest one first. */
function ratioSampler({ samplingPercentage }: TraceIdRatioBasedSamplerConfig): Sampler {
  const numerator = samplingPercentage?.numerator ?? 0;
  const denominator = denominatorOf(samplingPercentage?.denominator);
  const wrap = 2 ** 32 % denominator;
  return (traceId) => {
    const high = word(traceId, 8) % denominator;
    return (high * wrap + word(traceId, 0)) % denominator < numerator;
  };
}

/** Four octets of the id, the lowest one first. */
function word(traceId: string, at: number): number {
  let value = 0;
  for (let i = 3; i >= 0; i--)
    value = value * 256 + Number.parseInt(traceId.slice(at + i * 2, at + i * 2 + 2), 16);
  return value;
}

function denominatorOf(type: Denominator | undefined): number {
  if (type === Denominator.TEN_THOUSAND) return 10_000;
  return type === Denominator.MILLION ? 1_000_000 : 100;
}

/** The caller has compared the type's name. */
function asType<T>(message: Message): T {
  return message as T;
}
