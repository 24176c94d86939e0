import type { VersionResource } from "@sluice/config";
import { CliError } from "../cli-error.ts";
import { type CommandKit, WATCH_OPTION } from "../command-kit.ts";
import type { Column } from "../output.ts";
import { kindOf, numberOf } from "../read-option.ts";
import { VERSION_COLUMNS } from "../release-commands.ts";
import { resolveVersion } from "../resolve-version.ts";

const RESOURCE_COLUMNS: readonly Column<VersionResource>[] = [
  { title: "kind", value: (row) => row.kind },
  { title: "name", value: (row) => row.name },
  { title: "hash", value: (row) => row.hash.slice(0, 12) },
];

interface VersionsOptions {
  readonly limit: string;
  readonly search?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly watch?: boolean;
}

/** `versions`. */
export function addVersions(kit: CommandKit): void {
  const { call, command, print, output, printRead, surroundings } = kit;
  command("versions [version]", "list versions, newest first; of one (number or tag), what is in it")
    .option("--limit <n>", "how many", "50")
    .option("--search <text>", "only those with it in message, author or tag")
    .option("--kind <kind>", "of one version: its listeners, routes, clusters, endpoints or secrets")
    .option("--name <name>", "with --kind: this resource as YAML, secrets as placeholders")
    .option(...WATCH_OPTION)
    .action(async (version: string | undefined, options: VersionsOptions) => {
      const { search, kind, name } = options;
      if (version === undefined) {
        if (kind !== undefined) throw new CliError("--kind needs a version", 2);
        const limit = numberOf(options.limit) ?? 50;
        const input = { limit, ...(search === undefined ? {} : { search }) };
        const read = async () => (await call((client) => client.version.list.query(input))).versions;
        await printRead(options.watch, read, VERSION_COLUMNS);
        return;
      }
      if (name !== undefined && kind === undefined) throw new CliError("--name needs --kind", 2);
      const resources = await call(async (client) =>
        client.version.resources.query({
          number: await resolveVersion(client, version),
          ...(kind === undefined ? {} : { kind: kindOf(kind) }),
        }),
      );
      if (name === undefined) {
        print(resources, RESOURCE_COLUMNS, resources);
        return;
      }
      const found = resources.find((resource) => resource.name === name);
      if (found === undefined) throw new CliError(`version ${version} has no ${kind} '${name}'`);
      if (output() === "table") surroundings.write(found.yaml);
      else print(found, RESOURCE_COLUMNS, [found]);
    });
}
