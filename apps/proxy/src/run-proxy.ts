import { checkAdmin, startAdmin } from "./admin/start-admin.ts";
import { keepCertificateRenewed } from "./join/keep-certificate-renewed.ts";
import { startLoadReports } from "./load-report/start-load-reports.ts";
import { orderCluster, startOrderChannel } from "./orders/start-order-channel.ts";
import { ApplicationLog, compileJsonLogFormat, compileLogFormat } from "./server/application-log.ts";
import { parseCommandLine, type ServerOptions } from "./server/command-line.ts";
import { type LoadedBootstrap, loadBootstrap } from "./server/load-bootstrap.ts";
import { Server } from "./server/server.ts";
import type { ServerOutlets } from "./server/server-outlets.ts";
import { StartupError } from "./server/startup-error.ts";
import { serveValidation } from "./server/validation-service.ts";

const OUTLETS: ServerOutlets = {
  check: (server) => void orderCluster(server),
  startAdmin,
  startOrders: startOrderChannel,
  startLoadReports,
};

/** Envoy's command line → a running server; resolves to the exit code when it has ended. Throws a StartupError. */
export async function runProxy(argv: readonly string[]): Promise<number> {
  const options = parseCommandLine(argv);
  if ("print" in options) {
    process.stdout.write(options.print);
    return 0;
  }
  const bootstrap = loadBootstrap(options);
  const log = openLog(options);
  applyLogConfig(log, bootstrap);
  checkRegexEngine(bootstrap);
  const server = await Server.create(options, bootstrap, log, OUTLETS);
  if (options.mode === "validate") {
    if (options.validateStdin) {
      await serveValidation(server, process.stdin, (line) => process.stdout.write(line));
      return 0;
    }
    checkAdmin(server);
    process.stdout.write(`configuration '${bootstrap.name === "--config-yaml" ? "" : bootstrap.name}' OK\n`);
    return 0;
  }
  process.on("SIGTERM", () => void server.terminate());
  process.on("SIGINT", () => void server.stop());
  process.on("SIGUSR1", () => void server.reopenLogs());
  process.on("SIGHUP", () => log.info("SIGHUP is ignored, as in Envoy"));
  let stopRenewing: (() => void) | undefined;
  try {
    if (options.joinDir !== undefined) stopRenewing = await keepCertificateRenewed(options.joinDir, log);
    await server.start();
  } catch (error) {
    stopRenewing?.();
    await server.stop();
    throw error;
  }
  if (options.mode === "init_only") await server.stop();
  await server.ended;
  stopRenewing?.();
  return 0;
}

/** `application_log_config`: as the command line's log format, or one of JSON. */
function applyLogConfig(log: ApplicationLog, bootstrap: LoadedBootstrap): void {
  const config = bootstrap.message.applicationLogConfig?.logFormat?.logFormat;
  if (config?.case === undefined) return;
  const json = config.case === "jsonFormat";
  const format = json ? compileJsonLogFormat(config.value) : compileLogFormat(config.value);
  if (typeof format !== "function") {
    const path = `application_log_config.log_format.${json ? "json_format" : "text_format"}`;
    throw new StartupError(bootstrap.explain({ path, message: format.message, severity: "error" }));
  }
  log.setFormat(format);
}

const RE2_ENGINE = "envoy.extensions.regex_engines.google_re2.v3.GoogleRE2";

/** There is one engine, RE2's syntax in linear time: it may be named, another may not. */
function checkRegexEngine(bootstrap: LoadedBootstrap): void {
  const engine = bootstrap.message.defaultRegexEngine?.typedConfig;
  if (engine === undefined || engine.typeUrl.endsWith(`/${RE2_ENGINE}`)) return;
  const message = `regex engine ${engine.typeUrl} is not implemented`;
  throw new StartupError(bootstrap.explain({ path: "default_regex_engine", message, severity: "error" }));
}

function openLog(options: ServerOptions): ApplicationLog {
  const format = compileLogFormat(options.logFormat);
  if (typeof format !== "function") throw new StartupError(format.message);
  try {
    return new ApplicationLog(options.logLevel, format, options.logPath);
  } catch (error) {
    throw new StartupError(`--log-path: ${error instanceof Error ? error.message : String(error)}`);
  }
}
