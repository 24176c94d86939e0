import { closeSync, openSync, writeSync } from "node:fs";
import type { Log } from "@sluice/extension-api";

/** Envoy's levels, most talkative first. */
export const LOG_LEVELS = ["trace", "debug", "info", "warning", "error", "critical", "off"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Envoy's default less the source position. */
export const DEFAULT_LOG_FORMAT = "[%Y-%m-%d %T.%e][%P][%l][%n] %v";

/** `warn` is Envoy's other spelling of `warning`. */
export function parseLogLevel(text: string): LogLevel | undefined {
  const level = text === "warn" ? "warning" : text;
  return LOG_LEVELS.find((each) => each === level);
}

/** A line of the log without its newline. */
export type LogFormat = (entry: {
  readonly date: Date;
  readonly level: string;
  readonly logger: string;
  readonly message: string;
}) => string;

const two = (value: number): string => String(value).padStart(2, "0");
const three = (value: number): string => String(value).padStart(3, "0");
const PIECES: Readonly<Record<string, LogFormat>> = {
  Y: ({ date }) => String(date.getUTCFullYear()),
  m: ({ date }) => two(date.getUTCMonth() + 1),
  d: ({ date }) => two(date.getUTCDate()),
  H: ({ date }) => two(date.getUTCHours()),
  M: ({ date }) => two(date.getUTCMinutes()),
  S: ({ date }) => two(date.getUTCSeconds()),
  T: ({ date }) => date.toISOString().slice(11, 19),
  e: ({ date }) => three(date.getUTCMilliseconds()),
  E: ({ date }) => String(Math.floor(date.getTime() / 1000)),
  z: () => "+00:00",
  P: () => String(process.pid),
  t: () => String(process.pid),
  l: ({ level }) => level,
  L: ({ level }) => (level[0] ?? "").toUpperCase(),
  n: ({ logger }) => logger,
  v: ({ message }) => message,
  j: ({ message }) => JSON.stringify(message).slice(1, -1),
  _: ({ message }) => message.replaceAll("\n", "\\n"),
  "%": () => "%",
};

/** Compiles a log pattern; answers a message naming a flag that it does not know. */
export function compileLogFormat(pattern: string): LogFormat | { readonly message: string } {
  const pieces: LogFormat[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] ?? "";
    if (char !== "%") {
      pieces.push(() => char);
      continue;
    }
    const flag = pattern[++at] ?? "";
    const piece = PIECES[flag];
    if (piece === undefined) {
      return {
        message: `log format: %${flag} is not implemented; these are: ${Object.keys(PIECES)
          .map((each) => `%${each}`)
          .join(" ")}`,
      };
    }
    pieces.push(piece);
  }
  return (entry) => pieces.map((piece) => piece(entry)).join("");
}

/** `application_log_config.log_format.json_format`: a line of JSON whose values are patterns. */
export function compileJsonLogFormat(
  members: Readonly<Record<string, unknown>>,
): LogFormat | { readonly message: string } {
  const formats: (readonly [string, LogFormat])[] = [];
  for (const [key, value] of Object.entries(members)) {
    if (typeof value !== "string") return { message: `${key}: only texts are implemented` };
    const format = compileLogFormat(value);
    if (typeof format !== "function") return format;
    formats.push([key, format]);
  }
  return (entry) => JSON.stringify(Object.fromEntries(formats.map(([key, format]) => [key, format(entry)])));
}

/** The process's own log: standard error, or a file. */
export class ApplicationLog implements Log {
  #format: LogFormat;
  readonly #path: string | undefined;
  #descriptor = 2;
  #level: LogLevel;

  /** Throws when the file cannot be opened. */
  constructor(level: LogLevel, format: LogFormat, path: string | undefined) {
    this.#level = level;
    this.#format = format;
    this.#path = path;
    this.reopen();
  }

  get level(): LogLevel {
    return this.#level;
  }
  setLevel(level: LogLevel): void {
    this.#level = level;
  }

  /** The bootstrap's `application_log_config` takes the place of the command line's format. */
  setFormat(format: LogFormat): void {
    this.#format = format;
  }

  /** For log rotation. */
  reopen(): void {
    if (this.#path === undefined) return;
    const old = this.#descriptor;
    this.#descriptor = openSync(this.#path, "a");
    if (old > 2) closeSync(old);
  }

  debug(message: string): void {
    this.write("debug", message);
  }
  info(message: string): void {
    this.write("info", message);
  }
  warn(message: string): void {
    this.write("warning", message);
  }
  error(message: string): void {
    this.write("error", message);
  }

  write(level: LogLevel, message: string): void {
    if (LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(this.#level)) this.append(level, message, "main");
  }

  /** A line of another logger, which has decided on its level by itself. */
  append(level: LogLevel, message: string, logger: string): void {
    try {
      writeSync(this.#descriptor, `${this.#format({ date: new Date(), level, logger, message })}\n`);
    } catch {
      // A log that cannot be written (full disk, closed pipe) must not take the proxy down.
    }
  }
}
