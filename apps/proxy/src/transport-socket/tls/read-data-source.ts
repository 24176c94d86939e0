import { readFileSync } from "node:fs";
import type { DataSource } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";

/** A data source's bytes, or what is wrong with it; undefined where there is none. Files are read now. */
export type ReadResult = { readonly bytes: Buffer | undefined } | { readonly problem: string };

export function readDataSource(source: DataSource | undefined): ReadResult {
  const specifier = source?.specifier;
  switch (specifier?.case) {
    case "filename":
      try {
        return { bytes: readFileSync(specifier.value) };
      } catch (error) {
        return { problem: `cannot be read: ${error instanceof Error ? error.message : String(error)}` };
      }
    case "inlineString":
      return { bytes: Buffer.from(specifier.value, "utf8") };
    case "inlineBytes":
      return { bytes: Buffer.from(specifier.value) };
    case "environmentVariable": {
      const value = process.env[specifier.value];
      return value === undefined
        ? { problem: `environment variable ${specifier.value} is not set` }
        : { bytes: Buffer.from(value, "utf8") };
    }
    default:
      return { bytes: undefined };
  }
}
