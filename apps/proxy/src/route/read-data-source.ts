import { readFileSync } from "node:fs";
import type { Compiled } from "@sluice/extension-api";
import type { DataSource } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";

/** A `DataSource`'s octets, read when the configuration is compiled; at most `bytesMax`. */
export function readDataSource(
  source: DataSource | undefined,
  path: string,
  bytesMax: number,
): Compiled<Buffer> {
  const refuse = (message: string): Compiled<Buffer> => ({
    ok: false,
    problems: [{ path, message, severity: "error" }],
  });
  const specifier = source?.specifier;
  // What stands in the configuration itself does not change.
  if (source?.watchedDirectory !== undefined && specifier?.case === "filename")
    return refuse("watched_directory is not implemented");
  let content: Buffer;
  switch (specifier?.case) {
    case "inlineString":
      content = Buffer.from(specifier.value);
      break;
    case "inlineBytes":
      content = Buffer.from(specifier.value);
      break;
    case "filename":
      try {
        content = readFileSync(specifier.value);
      } catch (error) {
        return refuse(error instanceof Error ? error.message : String(error));
      }
      break;
    case "environmentVariable": {
      const value = process.env[specifier.value];
      if (value === undefined) return refuse(`environment variable ${specifier.value} is not set`);
      content = Buffer.from(value);
      break;
    }
    default:
      return { ok: true, value: Buffer.alloc(0) };
  }
  if (content.length > bytesMax) {
    return refuse(`response body size is ${content.length} bytes; maximum is ${bytesMax}`);
  }
  return { ok: true, value: content };
}
