import { ApplicationLog, compileLogFormat } from "./application-log.ts";
import { parseCommandLine, type ServerOptions } from "./command-line.ts";
import { loadBootstrap } from "./load-bootstrap.ts";
import { Server } from "./server.ts";
import { StartupError } from "./startup-error.ts";

/** Envoy's command line → a running server; resolves to the exit code when it has ended. Throws a StartupError. */
export async function runProxy(argv: readonly string[]): Promise<number> {
  const options = parseCommandLine(argv);
  if ("print" in options) {
    process.stdout.write(options.print);
    return 0;
  }
  const bootstrap = loadBootstrap(options);
  const log = openLog(options);
  const server = await Server.create(options, bootstrap, log);
  if (options.mode === "validate") {
    process.stdout.write(`configuration '${bootstrap.name === "--config-yaml" ? "" : bootstrap.name}' OK\n`);
    return 0;
  }
  process.on("SIGTERM", () => void server.terminate());
  process.on("SIGINT", () => void server.stop());
  process.on("SIGUSR1", () => void server.reopenLogs());
  process.on("SIGHUP", () => log.info("SIGHUP is ignored, as in Envoy"));
  try {
    await server.start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  if (options.mode === "init_only") await server.stop();
  await server.ended;
  return 0;
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
