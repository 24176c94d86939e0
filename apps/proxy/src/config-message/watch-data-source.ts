import { existsSync } from "node:fs";
import { type Compiled, refuse } from "@sluice/extension-api";
import type { DataSource } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import { DirectoryWatch } from "./directory-watch.ts";
import { readDataSource } from "./read-data-source.ts";

/** A data source as it is now. */
export interface CurrentData {
  bytes: Buffer;
}

/**
 * A data source that is read again when something in its `watched_directory` changes, until `onClose` calls back. What cannot be
 * read then, or is longer than `bytesMax`, leaves the data as it was.
 */
export function watchDataSource(
  source: DataSource | undefined,
  path: string,
  bytesMax: number,
  onClose: (release: () => void) => void,
): Compiled<CurrentData> {
  const read = readDataSource(source, path, bytesMax);
  if (!read.ok) return read;
  const current: CurrentData = { bytes: read.value };
  const directory = source?.specifier.case === "filename" ? source.watchedDirectory?.path : undefined;
  if (directory === undefined) return { ok: true, value: current };
  if (!existsSync(directory)) {
    const message = `unable to watch '${directory}': no such directory`;
    return refuse(`${path}.watched_directory`, message);
  }
  const watch = new DirectoryWatch([directory], () => {
    const again = readDataSource(source, path, bytesMax);
    if (again.ok) current.bytes = again.value;
  });
  onClose(() => watch.close());
  return { ok: true, value: current };
}
