import { CliError } from "./cli-error.ts";
import { readCredentials, storeCredentials } from "./credentials.ts";
import { EXIT_CODES } from "./exit-codes.ts";

const DEADLINE_MS = 15_000;

/**
 * Changes how one signs in oneself, which is below `/api/auth` and no operation of the API. The new session that some of it brings is
 * stored where `login` stored the old one.
 */
export async function postAccount<T>(environment: NodeJS.ProcessEnv, path: string, body: object): Promise<T> {
  const { server, token } = readCredentials(environment);
  let answer: Response;
  try {
    answer = await fetch(`${server}/api/auth/${path}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        origin: new URL(server).origin,
        authorization: `Bearer ${token}`,
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
  } catch (error) {
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new CliError(`${server} cannot be reached: ${cause}`, EXIT_CODES.unreachable.code);
  }
  const content: unknown = await answer.json().catch(() => undefined);
  if (!answer.ok) throw refusalOf(answer.status, content);
  const renewed = answer.headers.get("set-auth-token");
  if (renewed !== null && renewed !== token && !environment.SLUICE_TOKEN)
    storeCredentials(environment, { server, token: renewed });
  return content as T;
}

function refusalOf(status: number, content: unknown): CliError {
  const said =
    typeof content === "object" && content !== null && "message" in content
      ? String(content.message)
      : undefined;
  if (status === 401)
    return new CliError(said ?? "not signed in, or with an API token", EXIT_CODES.forbidden.code);
  return new CliError(said ?? `refused with status ${status}`);
}
