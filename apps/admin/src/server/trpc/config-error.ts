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

function isConfigErrorCode(code: unknown): code is ConfigErrorCode {
  return typeof code === "string" && Object.hasOwn(STATUS, code);
}
