import { LOG_LEVELS, type LogLevel } from "../server/application-log.ts";
import type { Server } from "../server/server.ts";
import type { AdminCommand, AdminReply } from "./admin-command.ts";

const USAGE = `usage: /logging?<name>=<level> (change single level)
usage: /logging?paths=name1:level1,name2:level2,... (change multiple levels)
usage: /logging?level=<level> (change all levels)
usage: /logging?group=<group_name>:<level> (change group of loggers)
levels: ${LOG_LEVELS.join(" ")} 
`;

/** A logger per thread: `main` and `worker_<n>`. */
export const loggingCommand: AdminCommand = {
  path: "/logging",
  post: true,
  help: "query/change logging levels",
  parameters: [
    {
      name: "paths",
      help: "Change multiple logging levels by setting to <logger_name1>:<desired_level1>,<logger_name2>:<desired_level2>",
    },
    {
      name: "level",
      help: "desired logging level, this will change all loggers's level",
      values: LOG_LEVELS,
    },
  ],
  run: (server, parameters) => {
    const changes = readChanges(server, parameters);
    if (typeof changes === "string")
      return { status: 400, body: `error: ${changes}\n\n${USAGE}${list(server)}` };
    for (const [name, level] of changes) server.threads.setLogLevel(name, level);
    return shown(server);
  },
};

function shown(server: Server): AdminReply {
  return { body: list(server) };
}

function list(server: Server): string {
  const lines = [...server.threads.logLevels()].map(([name, level]) => `  ${name}: ${level}\n`);
  return `active loggers:\n${lines.join("")}`;
}

const levelOf = (text: string): LogLevel | undefined => LOG_LEVELS.find((each) => each === text);

/** What is to change, or Envoy's words on why it cannot. */
function readChanges(
  server: Server,
  parameters: URLSearchParams,
): readonly (readonly [name: string, level: LogLevel])[] | string {
  const given = [...parameters].filter(([, value]) => value !== "");
  if (given.length > 1) return "invalid number of parameters";
  const [only] = given;
  if (only === undefined) return [];
  const [key, value] = only;
  const names = [...server.threads.logLevels().keys()];
  if (key === "level") {
    const level = levelOf(value);
    return level === undefined ? "unknown logger level" : names.map((name) => [name, level] as const);
  }
  if (key === "group") return "group parameter requires fine-grain logging to be enabled";
  const changes: (readonly [string, LogLevel])[] = [];
  for (const pair of key === "paths" ? value.split(",") : [`${key}:${value}`]) {
    if (pair === "") continue;
    const [, name = "", levelName = ""] = /^([^:]*):?(.*)$/.exec(pair) ?? [];
    if (name === "" || levelName === "") return "empty logger name or empty logger level";
    const level = levelOf(levelName);
    if (level === undefined) return "unknown logger level";
    if (!names.includes(name)) return "unknown logger name";
    changes.push([name, level]);
  }
  return changes;
}
