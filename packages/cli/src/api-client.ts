import type { AppRouter } from "@sluice/admin/router";
import type { ConfigErrorCode, ResourceProblem } from "@sluice/config";
import { createTRPCClient, httpLink, type TRPCClient, TRPCClientError } from "@trpc/client";
import superjson from "superjson";
import { CliError } from "./cli-error.ts";
import type { Credentials } from "./credentials.ts";
import { EXIT_CODES } from "./exit-codes.ts";

export type ApiClient = TRPCClient<AppRouter>;

const CALL_DEADLINE_MS = 60_000;

/** The dashboard's API with a bearer token; every call has a deadline of 60 s. */
export function createApiClient({ server, token }: Credentials): ApiClient {
  return createTRPCClient<AppRouter>({
    links: [
      httpLink({
        url: `${server}/api/trpc`,
        transformer: superjson,
        headers: { authorization: `Bearer ${token}` },
        fetch: (url, options) =>
          fetch(url, { ...(options as RequestInit), signal: AbortSignal.timeout(CALL_DEADLINE_MS) }),
      }),
    ],
  });
}

/** What to print for a call that failed. */
export function describeFailure(error: unknown, server: string): CliError {
  if (error instanceof CliError) return error;
  if (error instanceof TRPCClientError) {
    const data = (error as TRPCClientError<AppRouter>).data;
    if (data?.code === "UNAUTHORIZED")
      return new CliError(
        `${server} does not know this token: run \`sluice login\` again`,
        EXIT_CODES.forbidden.code,
      );
    const problems = problemsIn(data?.config?.details);
    if (data !== undefined && data !== null)
      return new CliError([error.message, ...problems].join("\n"), exitCodeOf(data.config?.code));
    return new CliError(
      `${server} cannot be reached: ${error.cause?.message ?? error.message}`,
      EXIT_CODES.unreachable.code,
    );
  }
  return new CliError(error instanceof Error ? error.message : String(error));
}

function exitCodeOf(code: ConfigErrorCode | undefined): number {
  if (code === "conflict" || code === "already_exists") return EXIT_CODES.conflict.code;
  return code === "forbidden" ? EXIT_CODES.forbidden.code : EXIT_CODES.refused.code;
}

function problemsIn(details: unknown): string[] {
  if (
    typeof details !== "object" ||
    details === null ||
    !("problems" in details) ||
    !Array.isArray(details.problems)
  )
    return [];
  const problems: readonly ResourceProblem[] = details.problems;
  return problems.map(({ resource, problem }) => {
    const where = problem.path === "" ? "" : ` ${problem.path}`;
    return `  ${resource.kind}/${resource.name}${where}: ${problem.message}`;
  });
}
