import { createApiClient } from "../api-client.ts";
import { CliError } from "../cli-error.ts";
import type { Surroundings } from "../command-kit.ts";
import { storeCredentials } from "../credentials.ts";
import { EXIT_CODES } from "../exit-codes.ts";
import { ask, readAll } from "./ask.ts";

const DEADLINE_MS = 15_000;

/** Exchanges e-mail and password for a token, proves that the token works, and stores it. */
export async function login(
  options: {
    readonly server: string;
    readonly email: string;
    readonly passwordStdin?: boolean;
    readonly code?: string;
  },
  surroundings: Surroundings,
): Promise<{ email: string; role: string; file: string }> {
  if (!/^https?:\/\//.test(options.server))
    throw new CliError(`--server ${options.server}: use an address like http://localhost:3000`, 2);
  const server = options.server.replace(/\/$/, "");
  const password = options.passwordStdin
    ? await readAll(process.stdin)
    : await ask("password: ", "--password-stdin");
  let response: Response;
  try {
    response = await fetch(`${server}/api/auth/sign-in/email`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: new URL(server).origin },
      body: JSON.stringify({ email: options.email, password }),
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
  } catch (error) {
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new CliError(`${server} cannot be reached: ${cause}`);
  }
  if (!response.ok) {
    const body: unknown = await response.json().catch(() => undefined);
    const said =
      typeof body === "object" && body !== null && "message" in body
        ? String(body.message)
        : `status ${response.status}`;
    throw new CliError(`${server} refused the sign-in: ${said}`);
  }
  const token = await sessionToken(server, response, options.code);
  if (token === null) throw new CliError(`${server} gave no token: is it a Sluice dashboard?`);
  const me = await createApiClient({ server, token }).session.me.query();
  const file = storeCredentials(surroundings.environment, { server, token });
  return { email: options.email, role: me.role, file };
}

/** Of the answer to the password, or, where that is not enough, of the answer to a code. */
async function sessionToken(
  server: string,
  signedIn: Response,
  given: string | undefined,
): Promise<string | null> {
  const body: unknown = await signedIn.json().catch(() => undefined);
  const pending = typeof body === "object" && body !== null && "twoFactorRedirect" in body;
  if (!pending) return signedIn.headers.get("set-auth-token");
  const code = (given ?? (await ask("code of your authenticator app: ", "--code"))).replaceAll(" ", "");
  const cookie = signedIn.headers
    .getSetCookie()
    .map((each) => each.split(";")[0])
    .join("; ");
  const path = /^\d{6}$/.test(code) ? "verify-totp" : "verify-backup-code";
  const answer = await fetch(`${server}/api/auth/two-factor/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: new URL(server).origin, cookie },
    body: JSON.stringify({ code }),
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  if (!answer.ok) throw new CliError(`${server} refused the code`, EXIT_CODES.forbidden.code);
  return answer.headers.get("set-auth-token");
}
