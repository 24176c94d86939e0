import { toBinary } from "@bufbuild/protobuf";
import type { Duration } from "@bufbuild/protobuf/wkt";
import { type Compiled, refuse } from "@sluice/extension-api";
import {
  type ConfigSource,
  ConfigSourceSchema,
} from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import { durationMs } from "../config-message/duration-ms.ts";
import { checkConfigSource } from "./config-source.ts";

/** Where clusters come from that nobody has sent, and how long one waits for them. */
export interface OnDemandCds {
  /** Encoded, as it goes to the main thread. */
  readonly source: Uint8Array;
  readonly timeoutMs: number;
}

const TIMEOUT_MS = 5000;

/** `source` stands at `path`. Fields without effect are for the caller to refuse. */
export function compileOnDemandCds(
  source: ConfigSource | undefined,
  timeout: Duration | undefined,
  path: string,
): Compiled<OnDemandCds> {
  if (source === undefined) return refuse(path, "is required");
  const problems = checkConfigSource(source, path);
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    value: { source: toBinary(ConfigSourceSchema, source), timeoutMs: durationMs(timeout, TIMEOUT_MS) },
  };
}
