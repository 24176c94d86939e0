import type { ConfigErrorCode, ConflictDetails, InvalidDetails } from "@sluice/config/contract";
import { TRPCClientError } from "@trpc/client";

/** Why a call did not work, in the words of the server, sorted by what the browser does about it. */
export interface Refusal {
  readonly kind: "away" | "signedOut" | ConfigErrorCode | "other";
  /** For people; "" when the server is away. */
  readonly message: string;
  readonly conflict: ConflictDetails | undefined;
  readonly problems: InvalidDetails["problems"];
}

/** What did not fit the input's schema comes as a list in JSON: people get `field: what is wrong with it`. */
function wordsOfIssues(message: string): string {
  if (!message.startsWith("[")) return message;
  try {
    const issues: readonly { readonly path?: readonly (string | number)[]; readonly message?: string }[] =
      JSON.parse(message);
    return issues
      .map(({ path = [], message: words = "" }) => [path.join("."), words].filter(Boolean).join(": "))
      .join("; ");
  } catch {
    return message;
  }
}

export function refusalOf(error: unknown): Refusal {
  const nothing = { conflict: undefined, problems: [] };
  if (!(error instanceof TRPCClientError)) return { kind: "other", message: String(error), ...nothing };
  const data = error.data as
    | { httpStatus?: number; config?: { code: ConfigErrorCode; details: unknown } }
    | null
    | undefined;
  if (!data?.httpStatus || data.httpStatus === 503) return { kind: "away", message: "", ...nothing };
  if (data.httpStatus === 401) return { kind: "signedOut", message: error.message, ...nothing };
  if (!data.config) return { kind: "other", message: wordsOfIssues(error.message), ...nothing };
  const { code, details } = data.config;
  return {
    kind: code,
    message: error.message,
    conflict: code === "conflict" ? (details as ConflictDetails) : undefined,
    // Most refusals have words alone.
    problems: code === "invalid" ? ((details as Partial<InvalidDetails> | undefined)?.problems ?? []) : [],
  };
}
