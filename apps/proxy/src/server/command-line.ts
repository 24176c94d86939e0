import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { compileLogFormat, DEFAULT_LOG_FORMAT, type LogLevel, parseLogLevel } from "./application-log.ts";
import { StartupError } from "./startup-error.ts";
import { versionText } from "./version.ts";

/** Envoy's command line, as far as it is implemented, and Sluice's own flags. */
export interface ServerOptions {
  readonly configPath: string | undefined;
  readonly configYaml: string | undefined;
  readonly mode: "serve" | "validate" | "init_only";
  readonly concurrency: number;
  readonly serviceNode: string;
  readonly serviceCluster: string;
  readonly serviceZone: string;
  readonly adminAddressPath: string | undefined;
  readonly baseId: number;
  readonly drainTimeMs: number;
  readonly parentShutdownTimeMs: number;
  readonly drainStrategy: "gradual" | "immediate";
  readonly logLevel: LogLevel;
  readonly logPath: string | undefined;
  readonly logFormat: string;
  readonly accessLogFlushMs: number;
  /** Sluice's own: with `--mode validate`, stay and judge what comes on standard input. */
  readonly validateStdin: boolean;
  /** Sluice's own: where accepted dynamic resources are kept for a start without the control plane. */
  readonly stateDir: string | undefined;
  /** Sluice's own: where `sluice join` wrote this node's identity; the certificate in it is kept renewed. */
  readonly joinDir: string | undefined;
  /** Sluice's own: how long SIGTERM waits for connections to end; 0 ends at once, as Envoy does. */
  readonly terminationDrainMs: number;
}

/** Envoy's flags that are known and not implemented: refused by name. */
const REFUSED_FLAGS = [
  ["--allow-unknown-fields", "unknown fields are always errors"],
  ["--allow-unknown-static-fields", "unknown fields are always errors"],
  ["--reject-unknown-dynamic-fields", "fields that this API version does not know are warnings"],
  ["--base-id-path <path>", undefined],
  ["--use-dynamic-base-id", undefined],
  ["--component-log-level <levels>", "there is one log level; use --log-level"],
  ["--cpuset-threads", undefined],
  ["--disable-extensions <names>", undefined],
  ["--enable-core-dump", undefined],
  ["--enable-fine-grain-logging", undefined],
  ["--enable-mutex-tracing", undefined],
  ["--file-flush-min-size-kb <kb>", undefined],
  ["--hot-restart-version", undefined],
  ["--local-address-ip-version <version>", undefined],
  ["--log-format-escaped", undefined],
  ["--skip-hot-restart-on-no-parent", undefined],
  ["--skip-hot-restart-parent-stats", undefined],
  ["--socket-mode <mode>", undefined],
  ["--socket-path <path>", undefined],
  ["--stats-tag <tag>", undefined],
] as const;

/** Reads the arguments behind the program's name. Answers a text to print for `--help` and `--version`. */
export function parseCommandLine(argv: readonly string[]): ServerOptions | { readonly print: string } {
  let printed = "";
  const command = new Command("sluice-proxy")
    .description("An Envoy-compatible proxy. Reads Envoy's bootstrap configuration, version 3.")
    .option("-c, --config-path <path>", "path to the configuration file (YAML or JSON)")
    .option("--config-yaml <yaml>", "inline configuration, merged over that of --config-path")
    .addOption(
      new Option("--mode <mode>", "what to do").choices(["serve", "validate", "init_only"]).default("serve"),
    )
    .option("--concurrency <n>", "worker threads (default: one per core)", wholeNumber)
    .option("--service-node <id>", "node id", "")
    .option("--service-cluster <name>", "node cluster", "")
    .option("--service-zone <name>", "node zone", "")
    .option("--admin-address-path <path>", "file to write the admin address to")
    .option("--restart-epoch <n>", "only 0: hot restart is not implemented", wholeNumber, 0)
    .option(
      "--base-id <n>",
      "accepted for compatibility; nothing is shared between processes",
      wholeNumber,
      0,
    )
    .option("--disable-hot-restart", "accepted for compatibility; hot restart is not implemented")
    .option("--drain-time-s <n>", "how long connections of old listeners may take to end", wholeNumber, 600)
    .option(
      "--parent-shutdown-time-s <n>",
      "shown by /server_info; used by hot restart only",
      wholeNumber,
      900,
    )
    .addOption(new Option("--drain-strategy <strategy>").choices(["gradual", "immediate"]).default("gradual"))
    .option("-l, --log-level <level>", "trace, debug, info, warning, error, critical, off", logLevel, "info")
    .option("--log-path <path>", "log file (default: standard error)")
    .option("--log-format <pattern>", "spdlog pattern", logFormat, DEFAULT_LOG_FORMAT)
    .option("--file-flush-interval-msec <ms>", "how long access-log lines wait at most", wholeNumber, 1000)
    .option("--ignore-unknown-dynamic-fields", "accepted: unknown dynamic fields are ignored in any case")
    .option("--skip-deprecated-logs", "accepted: deprecations are not logged")
    .option(
      "--state-dir <dir>",
      "Sluice: keep the last good dynamic configuration here (default with --join-dir: <join-dir>/state)",
    )
    .option("--join-dir <dir>", "Sluice: renew the certificate that `sluice join` wrote here")
    .option(
      "--validate-stdin",
      "Sluice: with --mode validate, judge resources from standard input until it ends",
    )
    .option(
      "--termination-drain-s <n>",
      "Sluice: SIGTERM waits so long for connections (0: not at all)",
      wholeNumber,
      30,
    )
    .version(versionText(), "--version")
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        printed += text;
      },
      writeErr: () => {},
    });
  for (const [flags] of REFUSED_FLAGS) command.addOption(new Option(flags).hideHelp());
  try {
    command.parse([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { print: printed };
    throw new StartupError(error.message.replace(/^error: /, ""));
  }
  return readOptions(command.opts());
}

function readOptions(given: Readonly<Record<string, unknown>>): ServerOptions {
  for (const [flags, why] of REFUSED_FLAGS) {
    const flag = flags.split(" ", 1)[0] ?? "";
    const key = flag.slice(2).replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (given[key] !== undefined)
      throw new StartupError(`${flag} is not implemented${why === undefined ? "" : `: ${why}`}`);
  }
  const text = (key: string): string | undefined => (typeof given[key] === "string" ? given[key] : undefined);
  const number = (key: string): number => (typeof given[key] === "number" ? given[key] : 0);
  if (number("restartEpoch") > 0) {
    throw new StartupError("--restart-epoch: hot restart is not implemented; start with epoch 0");
  }
  if (text("configPath") === undefined && text("configYaml") === undefined) {
    throw new StartupError("give the configuration with --config-path or --config-yaml");
  }
  const mode = text("mode");
  const joinDir = text("joinDir");
  if (given.validateStdin === true && mode !== "validate")
    throw new StartupError("--validate-stdin belongs to --mode validate");
  return {
    validateStdin: given.validateStdin === true,
    configPath: text("configPath"),
    configYaml: text("configYaml"),
    mode: mode === "validate" || mode === "init_only" ? mode : "serve",
    concurrency:
      given.concurrency === undefined ? availableParallelism() : Math.max(1, number("concurrency")),
    serviceNode: text("serviceNode") ?? "",
    serviceCluster: text("serviceCluster") ?? "",
    serviceZone: text("serviceZone") ?? "",
    adminAddressPath: text("adminAddressPath"),
    baseId: number("baseId"),
    drainTimeMs: number("drainTimeS") * 1000,
    parentShutdownTimeMs: number("parentShutdownTimeS") * 1000,
    drainStrategy: text("drainStrategy") === "immediate" ? "immediate" : "gradual",
    logLevel: parseLogLevel(text("logLevel") ?? "") ?? "info",
    logPath: text("logPath"),
    logFormat: text("logFormat") ?? DEFAULT_LOG_FORMAT,
    accessLogFlushMs: number("fileFlushIntervalMsec"),
    stateDir: text("stateDir") ?? (joinDir === undefined ? undefined : join(joinDir, "state")),
    joinDir,
    terminationDrainMs: number("terminationDrainS") * 1000,
  };
}

function wholeNumber(text: string): number {
  if (!/^[0-9]{1,9}$/.test(text)) throw new InvalidArgumentError(`'${text}' is not a whole number`);
  return Number(text);
}

function logLevel(text: string): string {
  if (parseLogLevel(text) === undefined) {
    throw new InvalidArgumentError("levels are trace, debug, info, warning, error, critical and off");
  }
  return text;
}

function logFormat(pattern: string): string {
  const compiled = compileLogFormat(pattern);
  if (typeof compiled !== "function") throw new InvalidArgumentError(compiled.message);
  return pattern;
}
