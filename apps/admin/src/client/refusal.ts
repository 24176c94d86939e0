import type { ConfigErrorCode, ConflictDetails, InvalidDetails } from "@sluice/config/contract";
import { TRPCClientError } from "@trpc/client";

/** What of an input did not fit its schema. */
export interface InputIssue {
  /** Of the field, parts apart by dots; "" for the whole. */
  readonly path: string;
  /** Zod's: `too_small`, `invalid_type`, … */
  readonly code: string;
  /** Zod's words, in English. */
  readonly message: string;
  /** What has a size: `string`, `number`, `array`, … */
  readonly origin: string;
  /** The limit that was passed. */
  readonly limit: number | undefined;
}

/** Why a call did not work, in the words of the server, sorted by what the browser does about it. */
export interface Refusal {
  readonly kind: "away" | "signedOut" | ConfigErrorCode | "other";
  /** For people; "" when the server is away or the issues say it. */
  readonly message: string;
  readonly conflict: ConflictDetails | undefined;
  readonly problems: InvalidDetails["problems"];
  readonly issues: readonly InputIssue[];
}

interface ZodIssue {
  readonly path?: readonly (string | number)[];
  readonly code?: string;
  readonly message?: string;
  readonly origin?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** What did not fit the input's schema comes as a list in JSON. */
function issuesIn(message: string): readonly InputIssue[] {
  if (!message.startsWith("[")) return [];
  try {
    return (JSON.parse(message) as readonly ZodIssue[]).map((issue) => ({
      path: issue.path?.join(".") ?? "",
      code: issue.code ?? "custom",
      message: issue.message ?? "",
      origin: issue.origin ?? "",
      limit: issue.minimum ?? issue.maximum,
    }));
  } catch {
    return [];
  }
}

export function refusalOf(error: unknown): Refusal {
  const nothing = { conflict: undefined, problems: [], issues: [] };
  if (!(error instanceof TRPCClientError)) return { kind: "other", message: String(error), ...nothing };
  const data = error.data as
    | { httpStatus?: number; config?: { code: ConfigErrorCode; details: unknown } }
    | null
    | undefined;
  if (!data?.httpStatus || data.httpStatus === 503) return { kind: "away", message: "", ...nothing };
  if (data.httpStatus === 401) return { kind: "signedOut", message: error.message, ...nothing };
  if (!data.config) {
    const issues = issuesIn(error.message);
    return { kind: "other", ...nothing, message: issues.length > 0 ? "" : error.message, issues };
  }
  const { code, details } = data.config;
  return {
    kind: code,
    message: error.message,
    conflict: code === "conflict" ? (details as ConflictDetails) : undefined,
    // Most refusals have words alone.
    problems: code === "invalid" ? ((details as Partial<InvalidDetails> | undefined)?.problems ?? []) : [],
    issues: [],
  };
}
