import { readFileSync } from "node:fs";
import type { Message } from "@bufbuild/protobuf";
import type { Compiled } from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds";
import type { ResourceMonitor } from "@sluice/xds/gen/envoy/config/overload/v3/overload_pb.js";
import type { CgroupMemoryConfig } from "@sluice/xds/gen/envoy/extensions/resource_monitors/cgroup_memory/v3/cgroup_memory_pb.js";
import {
  CpuUtilizationConfig_UtilizationComputeStrategy as CpuMode,
  type CpuUtilizationConfig,
} from "@sluice/xds/gen/envoy/extensions/resource_monitors/cpu_utilization/v3/cpu_utilization_pb.js";
import type { DownstreamConnectionsConfig } from "@sluice/xds/gen/envoy/extensions/resource_monitors/downstream_connections/v3/downstream_connections_pb.js";
import type { FixedHeapConfig } from "@sluice/xds/gen/envoy/extensions/resource_monitors/fixed_heap/v3/fixed_heap_pb.js";
import type { InjectedResourceConfig } from "@sluice/xds/gen/envoy/extensions/resource_monitors/injected_resource/v3/injected_resource_pb.js";
import { readCgroupMemory } from "./cgroup-memory.ts";
import { cpuUtilization } from "./cpu-utilization.ts";

/** A resource that is asked again and again, or a limit that is held at each connection. */
export type CompiledMonitor =
  | {
      readonly kind: "pressure";
      /** From 0 to 1; more where the limit is passed. Throws what the reading throws. */
      readonly read: () => number;
    }
  | { readonly kind: "max-connections"; readonly max: number };

const PACKAGE = "envoy.extensions.resource_monitors";

export function compileResourceMonitor(config: ResourceMonitor, path: string): Compiled<CompiledMonitor> {
  const refuse = (message: string): Compiled<CompiledMonitor> => ({
    ok: false,
    problems: [{ path, message, severity: "error" }],
  });
  const any = config.configType.case === "typedConfig" ? config.configType.value : undefined;
  if (any === undefined) return refuse(`${config.name} needs a typed_config`);
  const unpacked = unpackAny(any);
  if (!unpacked.ok) return refuse(unpacked.message);
  const { message } = unpacked;
  const pressure = (read: () => number): Compiled<CompiledMonitor> => ({
    ok: true,
    value: { kind: "pressure", read },
  });
  switch (unpacked.typeName) {
    case `${PACKAGE}.fixed_heap.v3.FixedHeapConfig`: {
      const heap = asType<FixedHeapConfig>(message);
      if (heap.maxHeapSizeBytesRuntime !== undefined)
        return refuse("max_heap_size_bytes_runtime is not implemented");
      const max = Number(heap.maxHeapSizeBytes);
      if (max === 0) return refuse("max_heap_size_bytes must be greater than 0");
      return pressure(() => process.memoryUsage.rss() / max);
    }
    case `${PACKAGE}.cgroup_memory.v3.CgroupMemoryConfig`: {
      const max = Number(asType<CgroupMemoryConfig>(message).maxMemoryBytes);
      return pressure(() => readCgroupMemory(max));
    }
    case `${PACKAGE}.cpu_utilization.v3.CpuUtilizationConfig`: {
      const { mode } = asType<CpuUtilizationConfig>(message);
      return pressure(cpuUtilization(mode === CpuMode.CONTAINER ? "container" : "host"));
    }
    case `${PACKAGE}.injected_resource.v3.InjectedResourceConfig`: {
      const { filename } = asType<InjectedResourceConfig>(message);
      return pressure(() => readInjected(filename));
    }
    case `${PACKAGE}.downstream_connections.v3.DownstreamConnectionsConfig`: {
      const max = Number(asType<DownstreamConnectionsConfig>(message).maxActiveDownstreamConnections);
      return { ok: true, value: { kind: "max-connections", max } };
    }
    default:
      return refuse(`resource monitor ${unpacked.typeName} is not implemented`);
  }
}

/** The pressure that a file tells: a number from 0 to 1. */
function readInjected(filename: string): number {
  const text = readFileSync(filename, "utf8").trim();
  const value = Number(text);
  if (text === "" || !(value >= 0 && value <= 1)) throw new Error(`'${text}' is not a pressure from 0 to 1`);
  return value;
}

/** The caller has compared the type's name. */
function asType<T>(message: Message): T {
  return message as T;
}
