/** All of this process's settings; the README's table says the same. */
export interface Environment {
  readonly databaseUrl: string;
  readonly xdsHost: string;
  readonly xdsPort: number;
  /** Undefined: no health endpoint. */
  readonly healthPort: number | undefined;
  readonly logLevel: string;
  /** Percent of requests that are traced where the configuration says nothing; 0: no tracer is added. */
  readonly traceSamplingPercent: number;
}

const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"];

/** @throws Error with one line that names the variable and what it takes */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Environment {
  const databaseUrl = env.DATABASE_URL ?? "";
  if (databaseUrl === "")
    throw new Error("DATABASE_URL is not set: give postgres://user:password@host:port/name");
  const logLevel = env.LOG_LEVEL ?? "info";
  if (!LOG_LEVELS.includes(logLevel))
    throw new Error(`LOG_LEVEL "${logLevel}": one of ${LOG_LEVELS.join(", ")}`);
  const healthPort = readNumber(env, "SLUICE_CONTROL_HEALTH_PORT", 18001, 65_535);
  return {
    databaseUrl,
    xdsHost: env.SLUICE_XDS_HOST ?? "127.0.0.1",
    xdsPort: readNumber(env, "SLUICE_XDS_PORT", 18000, 65_535),
    healthPort: healthPort === 0 ? undefined : healthPort,
    logLevel,
    traceSamplingPercent: readNumber(env, "SLUICE_TRACE_SAMPLING_PERCENT", 1, 100),
  };
}

function readNumber(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  fallback: number,
  max: number,
): number {
  const text = env[name] ?? "";
  if (text === "") return fallback;
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value > max)
    throw new Error(`${name} "${text}": a number from 0 to ${max}`);
  return value;
}
