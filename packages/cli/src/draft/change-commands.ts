import type { ConfigProblem } from "@sluice/xds";
import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import type { CommandKit } from "../command-kit.ts";
import { formatProblem } from "../commands/validate-file.ts";
import { readInput } from "../read-input.ts";
import { kindOf, numberOf, requiredNumber } from "../read-option.ts";
import { resolveVersion } from "../resolve-version.ts";
import { fieldEdits } from "./field-edits.ts";
import { findResource } from "./find-resource.ts";
import { RESOURCE_COLUMNS } from "./read-commands.ts";
import { storedLines } from "./stored-lines.ts";

interface PutOptions {
  readonly name?: string;
  readonly revision?: string;
  readonly check?: boolean;
}

/** draft put, patch, remove, reset, first-route. */
export function addDraftChanges(kit: CommandKit, draft: Command): void {
  addPut(kit, draft);
  addPatch(kit, draft);
  addRemoveAndReset(kit, draft);
  addFirstRoute(kit, draft);
}

function addPut({ call, command, printLines }: CommandKit, draft: Command): void {
  command(
    "put <kind> <file>",
    "make a resource from a YAML file, or put it in the place of the one with its name (`-` reads standard input)",
    draft,
  )
    .option("--name <name>", "the resource as it is called now, where the file gives it another name")
    .option("--revision <n>", "refuse with code 3 when it is at another revision by now")
    .option("--check", "only tell the problems; store nothing")
    .action(async (kindText: string, file: string, options: PutOptions) => {
      const kind = kindOf(kindText);
      const yaml = await readInput(file);
      const { name: now } = options;
      if (options.check === true) {
        const checked = await call((client) => client.draft.checkText.mutate({ kind, name: now, yaml }));
        printLines(checked, [
          ...checked.problems.map((problem) => formatProblem(file, problem)),
          `${kind}/${checked.name ?? "?"}: ${checked.problems.length} problems`,
        ]);
        refuseErrors(checked.problems, `${file} cannot be published as it is`);
        return;
      }
      const stored = await call(async (client) => {
        const name = now ?? (await client.draft.checkText.mutate({ kind, yaml })).name;
        const known = name === undefined ? undefined : await findResource(client, { kind, name });
        if (known === undefined && now !== undefined) throw new CliError(`the draft has no ${kind} '${now}'`);
        const expectedRevision = numberOf(options.revision) ?? known?.revision;
        return await client.draft.put.mutate({ kind, name: known?.name, yaml, expectedRevision });
      });
      printLines(stored, storedLines(stored));
      refuseErrors(stored.problems, `${kind}/${stored.name} cannot be published as it is`);
    });
}

function addPatch({ call, command, printLines }: CommandKit, draft: Command): void {
  const edits = fieldEdits();
  command("patch <kind> <name>", "change fields of a resource; comments and order of its text stay", draft)
    .option("--set <path=value>", "give a field a value, in YAML; may be repeated", edits.set)
    .option(
      "--insert <path[i]=value>",
      "put an item into a list before item i; may be repeated",
      edits.insert,
    )
    .option("--remove <path>", "take a field or an item of a list away; may be repeated", edits.remove)
    .option("--revision <n>", "refuse with code 3 when it is at another revision by now")
    .action(async (kindText: string, name: string, options: { revision?: string }) => {
      if (edits.all.length === 0) throw new CliError("give at least one of: --set, --insert, --remove", 2);
      const kind = kindOf(kindText);
      const stored = await call(async (client) =>
        client.draft.patch.mutate({
          kind,
          name,
          edits: [...edits.all],
          expectedRevision:
            numberOf(options.revision) ?? (await client.draft.get.query({ kind, name })).revision,
        }),
      );
      printLines(stored, storedLines(stored));
      refuseErrors(stored.problems, `${kind}/${name} cannot be published as it is`);
    });
}

function addRemoveAndReset({ call, command, printLines }: CommandKit, draft: Command): void {
  command("remove <kind> <name>", "take a resource out of the draft; it stays live until `publish`", draft)
    .option("--revision <n>", "refuse with code 3 when it is at another revision by now")
    .action(async (kindText: string, name: string, options: { revision?: string }) => {
      const kind = kindOf(kindText);
      const expectedRevision = numberOf(options.revision);
      await call((client) => client.draft.remove.mutate({ kind, name, expectedRevision }));
      printLines({ removed: { kind, name } }, [`removed ${kind}/${name} from the draft`]);
    });

  command("reset [kind] [name]", "put a resource, or with --all the whole draft, back to what is live", draft)
    .option("--all", "the whole draft, with its route tests")
    .option("--to <version>", "with --all: to a version (number or tag) instead of what is live")
    .action(async (kindText: string | undefined, name: string | undefined, options: ResetOptions) => {
      const { all, to } = options;
      if ((all === true) === (kindText !== undefined) || (to !== undefined && all !== true))
        throw new CliError("give a kind and a name, or --all, with --to where it is wanted", 2);
      if (kindText === undefined) {
        const done = await call(async (client) =>
          client.draft.resetAll.mutate(
            to === undefined ? {} : { toVersion: await resolveVersion(client, to) },
          ),
        );
        const what = to === undefined ? "what is live" : `version ${to}`;
        printLines(done, [`the draft is ${what} again; resources changed: ${done.changed}`]);
        return;
      }
      if (name === undefined) throw new CliError("the resource's name is missing", 2);
      const kind = kindOf(kindText);
      const back = await call((client) => client.draft.reset.mutate({ kind, name }));
      printLines({ resource: back }, [
        back === undefined
          ? `${kind}/${name} is not live, and is gone from the draft`
          : `${kind}/${name} is as it is live`,
      ]);
    });
}

interface ResetOptions {
  readonly all?: boolean;
  readonly to?: string;
}

interface FirstRouteOptions {
  readonly domain: string;
  readonly path: string;
  readonly port: string;
  readonly to: string;
}

function addFirstRoute({ call, command, print }: CommandKit, draft: Command): void {
  command(
    "route",
    "the short form: requests to a domain and path on a port go to a host; makes or extends listener, routes and cluster",
    draft,
  )
    .option("--domain <name>", "host name, *.example.com, or * for all", "*")
    .option("--path <prefix>", "what paths begin with", "/")
    .option("--port <n>", "where the listener listens", "10000")
    .requiredOption("--to <host:port>", "where requests go")
    .action(async ({ domain, path, port, to }: FirstRouteOptions) => {
      const [, host = "", upstreamPort = ""] = /^\[?(.+?)\]?:(\d+)$/.exec(to) ?? [];
      if (host === "") throw new CliError(`--to '${to}' is no host:port`, 2);
      const input = { domain, path, host };
      const { resources, unchanged } = await call((client) =>
        client.draft.firstRoute.mutate({
          ...input,
          port: requiredNumber(port),
          upstreamPort: requiredNumber(upstreamPort),
        }),
      );
      print({ resources, unchanged }, RESOURCE_COLUMNS, resources);
    });
}

function refuseErrors(problems: readonly ConfigProblem[], message: string): void {
  if (problems.some(({ severity }) => severity === "error")) throw new CliError(message);
}
