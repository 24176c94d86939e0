import { Command, Option } from "commander";
import { addAuthorityCommands } from "./authority-commands.ts";
import { CliError } from "./cli-error.ts";
import { createCommandKit, type Surroundings, WATCH_OPTION } from "./command-kit.ts";
import { addAlerts } from "./commands/alert.ts";
import { addApprovals } from "./commands/approval.ts";
import { addAudit } from "./commands/audit.ts";
import { addBackup } from "./commands/backup.ts";
import { addCertificates } from "./commands/certificate.ts";
import { addCheck } from "./commands/check.ts";
import { addCompletion } from "./commands/completion.ts";
import { addDiff } from "./commands/diff.ts";
import { addDraft } from "./commands/draft.ts";
import { type ExplainOptions, explainInput, explainLines, foundRoute } from "./commands/explain.ts";
import { addExport } from "./commands/export-configuration.ts";
import { addHistory } from "./commands/history.ts";
import { addImport } from "./commands/import-file.ts";
import { type JoinOptions, joinNode, plainBootstrap, renewNode } from "./commands/join.ts";
import { addKeys } from "./commands/keys.ts";
import { login } from "./commands/login.ts";
import { addNotifications } from "./commands/notification.ts";
import { addOwnAccount } from "./commands/own-account.ts";
import { addPeople } from "./commands/people.ts";
import { addRequests } from "./commands/requests.ts";
import { addRoles } from "./commands/role.ts";
import { addRouteTests } from "./commands/route-test.ts";
import { addSecrets } from "./commands/secret.ts";
import { addSessions } from "./commands/session.ts";
import { addSettings } from "./commands/settings.ts";
import { addSignOn } from "./commands/sign-on.ts";
import { addSources } from "./commands/source.ts";
import { NODE_COLUMNS, statusLines } from "./commands/status.ts";
import { addTags } from "./commands/tag.ts";
import { addTokens } from "./commands/token.ts";
import { formatProblem, validateFile } from "./commands/validate-file.ts";
import { addVersions } from "./commands/versions.ts";
import { watchText } from "./commands/watch-text.ts";
import { readCredentials } from "./credentials.ts";
import { addGroupCommands } from "./group-commands.ts";
import { addJoinTokenCommands } from "./join-token-commands.ts";
import { addNodeCommands } from "./node-commands.ts";
import { formatValue, OUTPUT_FORMATS } from "./output.ts";
import { collect } from "./read-option.ts";
import { readStandardInput } from "./read-standard-input.ts";
import { addReleaseCommands } from "./release-commands.ts";
import { optionalVersion } from "./resolve-version.ts";

/** All commands; throws CliError for what the user can mend, CommanderError for wrong usage. */
export function createProgram(surroundings: Surroundings): Command {
  const { environment, write, warn } = surroundings;
  const program = new Command("sluice")
    .description("Configure and watch a Sluice appliance from the command line.")
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: warn })
    .addOption(
      new Option("-o, --output <format>", "how results are printed")
        .choices([...OUTPUT_FORMATS])
        .default("table"),
    )
    .showHelpAfterError("(sluice --help lists the commands)");

  const kit = createCommandKit(program, surroundings);
  const { call, command, output, print, printRead } = kit;

  command("login", "sign in and store a token")
    .requiredOption("--server <url>", "the dashboard's address")
    .requiredOption("--email <email>", "the user's e-mail")
    .option("--password-stdin", "read the password from standard input instead of asking")
    .option("--code <code>", "a code of the authenticator app, or a backup code, where two-factor is on")
    .action(async (options: { server: string; email: string; passwordStdin?: boolean; code?: string }) => {
      const result = await login(options, surroundings);
      print(
        result,
        [
          { title: "signed in as", value: (row) => row.email },
          { title: "role", value: (row) => row.role },
          { title: "stored in", value: (row) => row.file },
        ],
        [result],
      );
    });

  addImport(kit);
  addExport(kit);
  addBackup(kit);
  addSources(kit);
  addSignOn(kit);
  addPeople(kit);
  addRoles(kit);
  addSessions(kit);
  addOwnAccount(kit);

  command("validate <file>", "check an Envoy bootstrap without a server (`-` reads standard input)").action(
    (file: string) => {
      const problems = validateFile(file);
      if (output() === "table") for (const problem of problems) write(`${formatProblem(file, problem)}\n`);
      else write(formatValue(output() as "json" | "yaml", problems));
      const errors = problems.filter((problem) => problem.severity === "error").length;
      if (errors > 0) throw new CliError(`${file} has ${errors} error${errors === 1 ? "" : "s"}`);
      if (output() === "table") write(`${file} is valid\n`);
    },
  );

  addDraft(kit);
  addDiff(kit);
  addReleaseCommands(kit);
  addApprovals(kit);
  addSecrets(kit);
  addCertificates(kit);
  addKeys(kit);
  addGroupCommands(kit);

  addVersions(kit);

  command("nodes", "list nodes and how far each is")
    .option(...WATCH_OPTION)
    .action(async ({ watch }: { watch?: boolean }) => {
      await printRead(watch, () => call((client) => client.node.list.query()), NODE_COLUMNS);
    });

  addNodeCommands(kit);
  addJoinTokenCommands(kit);
  addAuthorityCommands(kit);

  command(
    "status",
    "health, the live version, and whether it is effective everywhere; exit code 1 when not all is well",
  )
    .option(...WATCH_OPTION)
    .action(async (options: { watch?: boolean }) => {
      const credentials = readCredentials(environment);
      const read = () => call((client) => statusLines(client, credentials.server));
      const show = (status: Awaited<ReturnType<typeof read>>): string =>
        output() === "table"
          ? status.lines.map((line) => `${line}\n`).join("")
          : formatValue(output() as "json" | "yaml", status.value);
      if (options.watch) await watchText(async () => show(await read()), write, surroundings.signal);
      const status = await read();
      write(show(status));
      if (!status.well) throw new CliError("not all is well");
    });

  command(
    "explain <method> <url>",
    "which way a request would take, and why not another; exit code 0 only when a route takes it",
  )
    .option("-H, --header <name: value>", "a header; may be repeated", collect, [])
    .option("--version <version>", "a version: number or tag (default: the live one)")
    .option("--draft", "the draft instead of a version")
    .option("--listener <name or port>", "where it arrives (default: the URL's port, else the only listener)")
    .option("--client-ip <address>", "who sends it (default: 192.0.2.1, an external address)")
    .option("--sni <name>", "the TLS server name (default: the URL's host)")
    .option(
      "--alpn <names>",
      "ALPN in the client's order, with commas between (default: h2,http/1.1 for https)",
    )
    .action(async (method: string, url: string, options: ExplainOptions) => {
      const input = explainInput(method, url, options);
      const found = await call(async (client) => {
        const version = options.draft ? undefined : await optionalVersion(client, options.version);
        return client.explain.request.query(version === undefined ? input : { ...input, source: version });
      });
      if (output() === "table")
        write(
          explainLines(found)
            .map((line) => `${line}\n`)
            .join(""),
        );
      else write(formatValue(output() as "json" | "yaml", found));
      if (!foundRoute(found))
        throw new CliError(`no route takes it: ${found.problems[0]?.message ?? found.outcome}`);
    });

  const joining = command(
    "join",
    "let a node in: with --token, a certificate and a bootstrap for it; without, the bootstrap of a node on the control plane's machine",
  )
    .option("--server <url>", "the control plane's xDS port, like https://10.0.0.5:18000")
    .option("--token <token>", "a join token")
    .option("--token-stdin", "read the join token from standard input")
    .option("--out <dir>", "where key, certificate and bootstrap are written")
    .option("--envoy", "for a stock Envoy instead of a Sluice proxy")
    .option("--id <id>", "the node's id, unique in the appliance")
    .option("--cluster <name>", "the node's cluster", "default")
    .option("--control <host:port>", "without a token: where the control plane is", "127.0.0.1:18000")
    .option("--admin-port <port>", "the node's admin interface on 127.0.0.1", "9902")
    .option("--label <key=value...>", "without a token: labels of the node")
    .action(async (options: JoinOptions) => {
      if (options.token === undefined && options.tokenStdin !== true) {
        if (options.server !== undefined || options.out !== undefined)
          throw new CliError("--server and --out need --token or --token-stdin", 2);
        write(plainBootstrap(options));
        return;
      }
      const joined = await joinNode(options, readStandardInput);
      print(
        joined,
        [
          { title: "node", value: (row) => row.node },
          { title: "certificate until", value: (row) => row.notAfter.toISOString() },
          { title: "start it with", value: (row) => row.start },
        ],
        [joined],
      );
    });

  joining
    .command("renew <dir>")
    .description(
      "renew the certificate that `join --out` wrote, when a third of its life is left (for a timer)",
    )
    .option("--force", "renew it now")
    .exitOverride()
    .action(async (dir: string, options: { force?: boolean }) => {
      const found = await renewNode(dir, options.force ?? false);
      print(
        found,
        [
          { title: "directory", value: (row) => row.directory },
          { title: "renewed", value: (row) => (row.renewed ? "yes" : "not due yet") },
          { title: "certificate until", value: (row) => row.notAfter.toISOString() },
        ],
        [found],
      );
    });

  addRequests(kit);
  addCheck(kit);
  addRouteTests(kit);
  addHistory(kit);
  addTags(kit);
  addTokens(kit);
  addAudit(kit);
  addNotifications(kit);
  addAlerts(kit);
  addSettings(kit);
  addCompletion(kit);
  return program;
}
