import type { ImportFormat, ImportPreview } from "@sluice/config";
import type { CommandKit } from "../command-kit.ts";
import { formatValue } from "../output.ts";
import { readFiles } from "../read-files.ts";

/** As `IMPORT_FORMATS` of @sluice/config, whose code is not here. */
const FORMATS = [
  "envoy",
  "config_dump",
  "nginx",
  "csv",
  "directory",
] as const satisfies readonly ImportFormat[];

interface ImportOptions {
  readonly preview?: boolean;
  readonly format?: ImportFormat;
}

export function addImport({ command, call, output, surroundings }: CommandKit): void {
  const { write, warn } = surroundings;
  const importing = command(
    "import <file>",
    "take Envoy YAML or JSON, a config dump, nginx configuration, a CSV list of hosts, or a directory into the draft (`-` reads standard input)",
  )
    .option("--preview", "only tell what would change")
    .option("--format <format>", `what it is: ${FORMATS.join(", ")} (default: told by name and content)`);
  importing.action(async (file: string, options: ImportOptions) => {
    const { format } = options;
    if (format !== undefined && !FORMATS.includes(format))
      importing.error(`error: --format is one of ${FORMATS.join(", ")}`);
    const input = { files: readFiles(file), ...(format === undefined ? {} : { format }) };
    const result = await call((client) =>
      options.preview
        ? client.transfer.previewImport.mutate(input)
        : client.transfer.applyImport.mutate(input),
    );
    const shown = output();
    if (shown !== "table") write(formatValue(shown, result));
    else show(result, options.preview ? "would be " : "", write, warn);
  });
}

function show(
  result: ImportPreview,
  verb: string,
  write: (text: string) => void,
  warn: (text: string) => void,
): void {
  for (const change of result.changes) write(`${verb}${change.change}  ${change.kind}/${change.name}\n`);
  for (const name of result.routeTests) write(`${verb}stored  route-test/${name}\n`);
  if (result.changes.length + result.routeTests.length === 0) write("nothing to change\n");
  for (const { kind, path, reason, position } of result.ignored) {
    const place = position === undefined ? "" : `${position.file}:${position.line}:${position.column}: `;
    warn(`${kind.replace("_", " ")}  ${place}${path}: ${reason}\n`);
  }
  for (const { resource, problem } of result.problems)
    warn(`${problem.severity}  ${resource.kind}/${resource.name} ${problem.path}: ${problem.message}\n`);
}
