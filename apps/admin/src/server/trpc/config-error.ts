import type { ConfigErrorCode } from "@sluice/config";
import type { TRPCError } from "@trpc/server";

/** The shape of a refusal of a verb. */
export interface ConfigRefusal {
  readonly code: ConfigErrorCode;
  readonly message: string;
  readonly details: unknown;
}

const STATUS: Readonly<Record<ConfigErrorCode, TRPCError["code"]>> = {
  forbidden: "FORBIDDEN",
  not_found: "NOT_FOUND",
  already_exists: "CONFLICT",
  conflict: "CONFLICT",
  invalid: "UNPROCESSABLE_CONTENT",
  nothing_to_publish: "PRECONDITION_FAILED",
  frozen: "PRECONDITION_FAILED",
  protected: "PRECONDITION_FAILED",
  bad_input: "BAD_REQUEST",
};

export function configErrorOf(cause: unknown): ConfigRefusal | undefined {
  if (!(cause instanceof Error) || cause.name !== "ConfigError" || !("code" in cause)) return undefined;
  if (!isConfigErrorCode(cause.code)) return undefined;
  return {
    code: cause.code,
    message: cause.message,
    details: "details" in cause ? cause.details : undefined,
  };
}

export function trpcCodeOf(code: ConfigErrorCode): TRPCError["code"] {
  return STATUS[code];
}

/** Postgres' class of errors for values that it cannot take: a NUL in a text, a number beyond its column. */
const DATA_EXCEPTION = /^22[0-9A-Z]{3}$/;
const CAUSES_MAX = 5;

/** Whether the database refused a value of the input that no schema of ours had refused. */
export function isUnstorable(error: unknown): boolean {
  for (let depth = 0, at = error; depth < CAUSES_MAX && at instanceof Error; depth++, at = at.cause)
    if (at.name === "PostgresError" && "code" in at && DATA_EXCEPTION.test(String(at.code))) return true;
  return false;
}

function isConfigErrorCode(code: unknown): code is ConfigErrorCode {
  return typeof code === "string" && Object.hasOwn(STATUS, code);
}
