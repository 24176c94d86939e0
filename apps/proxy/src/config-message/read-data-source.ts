import { readFileSync } from "node:fs";
import type { Compiled } from "@sluice/extension-api";
import type { DataSource } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";

export type DataSourceBytes = { readonly bytes: Buffer | undefined } | { readonly problem: string };

/** A data source's octets, or what is wrong with it; undefined where there is none. Files are read now. */
export function dataSourceBytes(source: DataSource | undefined): DataSourceBytes {
  const specifier = source?.specifier;
  switch (specifier?.case) {
    case "filename":
      try {
        return { bytes: readFileSync(specifier.value) };
      } catch (error) {
        return { problem: `cannot be read: ${error instanceof Error ? error.message : String(error)}` };
      }
    case "inlineString":
      return { bytes: Buffer.from(specifier.value) };
    case "inlineBytes":
      return { bytes: Buffer.from(specifier.value) };
    case "environmentVariable": {
      const value = process.env[specifier.value];
      return value === undefined
        ? { problem: `environment variable ${specifier.value} is not set` }
        : { bytes: Buffer.from(value) };
    }
    default:
      return { bytes: undefined };
  }
}

/** The same where what is not there is empty; at most `bytesMax`. As in Envoy most have no use for its `watched_directory`. */
export function readDataSource(
  source: DataSource | undefined,
  path: string,
  bytesMax: number,
): Compiled<Buffer> {
  const refuse = (message: string): Compiled<Buffer> => ({
    ok: false,
    problems: [{ path, message, severity: "error" }],
  });
  const read = dataSourceBytes(source);
  if ("problem" in read) return refuse(read.problem);
  const { bytes = Buffer.alloc(0) } = read;
  return bytes.length > bytesMax
    ? refuse(`response body size is ${bytes.length} bytes; maximum is ${bytesMax}`)
    : { ok: true, value: bytes };
}
