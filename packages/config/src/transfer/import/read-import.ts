import { ConfigError } from "../../contract.ts";
import { readNginx } from "../nginx/read-nginx.ts";
import { detectFormat } from "./detect-format.ts";
import { findResources } from "./find-resources.ts";
import type { FoundContent, ImportFormat, ImportInput } from "./import-contract.ts";
import { readConfigDump } from "./read-config-dump.ts";
import { readDirectory } from "./read-directory.ts";
import { readHosts } from "./read-hosts.ts";

const RESOURCES_MAX = 50_000;

/** What files hold, as resources. Pure. `invalid` when they cannot be read at all. */
export function readImport(input: ImportInput): FoundContent & { readonly format: ImportFormat } {
  const [file] = input.files;
  if (file === undefined) throw new ConfigError("invalid", "there is no file to import");
  const format = input.format ?? detectFormat(input.files);
  if (format !== "directory" && input.files.length > 1)
    throw new ConfigError("invalid", `import one file at a time as ${format}, or several as a directory`);
  const read = {
    envoy: () => findResources(file),
    config_dump: () => readConfigDump(file),
    nginx: () => readNginx(file),
    csv: () => readHosts(file),
    directory: () => readDirectory(input.files),
  };
  const found = read[format]();
  if (found.resources.length > RESOURCES_MAX)
    throw new ConfigError(
      "invalid",
      `an import may have ${RESOURCES_MAX} resources; this has ${found.resources.length}`,
    );
  return { ...found, format };
}
