import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import Provider, { type Configuration } from "oidc-provider";

/** What the provider says of one of its people; `sub` is their name in it. */
export type ProviderAccount = Readonly<Record<string, unknown>>;

export interface TestOpenIdProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** By the name that they sign in with there; a test may change them at any time. */
  readonly accounts: Map<string, ProviderAccount>;
  /** Signs in there, in place of a browser: from the address where the dashboard sends the browser to the one where it comes back. */
  authorize(address: string, account: string): Promise<string>;
  close(): Promise<void>;
}

/** A real OpenID provider, certified as one, on a port of its own: any password is right. */
export async function startOpenIdProvider(
  callbacks: readonly string[],
  more: Partial<Configuration> = {},
): Promise<TestOpenIdProvider> {
  const accounts = new Map<string, ProviderAccount>();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = { clientId: "sluice", clientSecret: "a secret of the provider's" };
  const provider = new Provider(issuer, {
    clients: [
      { client_id: client.clientId, client_secret: client.clientSecret, redirect_uris: [...callbacks] },
    ],
    claims: {
      openid: ["sub"],
      email: ["email", "email_verified"],
      profile: ["name"],
      groups: ["groups"],
    },
    cookies: { keys: ["test"] },
    pkce: { required: () => true },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({ sub: id, ...accounts.get(id) }),
    }),
    // Nobody is asked for consent: the scopes are granted at once.
    async loadExistingGrant(context) {
      const { client: asking, session } = context.oidc;
      const grant = new context.oidc.provider.Grant({
        ...(asking === undefined ? {} : { clientId: asking.clientId }),
        ...(session?.accountId === undefined ? {} : { accountId: session.accountId }),
      });
      grant.addOIDCScope("openid email profile groups");
      await grant.save();
      return grant;
    },
    ...more,
  });
  const handle = provider.callback();
  server.on("request", (request, response) => void handle(request, response));
  return {
    issuer,
    ...client,
    accounts,
    authorize: (address, account) => walk(address, account),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

const STEPS_MAX = 10;

async function walk(address: string, account: string): Promise<string> {
  const { origin } = new URL(address);
  const cookies = new Map<string, string>();
  let next = address;
  let body: URLSearchParams | undefined;
  for (let step = 0; step < STEPS_MAX; step++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(next, {
      redirect: "manual",
      headers: { cookie },
      ...(body === undefined ? {} : { method: "POST", body }),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [name = "", value = ""] = (line.split(";")[0] ?? "").split("=");
      cookies.set(name, value);
    }
    const location = answer.headers.get("location");
    body = undefined;
    if (location !== null) {
      next = new URL(location, origin).href;
      if (!next.startsWith(origin)) return next;
    } else {
      const page = await answer.text();
      const form = /action="([^"]+)"/.exec(page)?.[1];
      if (answer.status !== 200 || form === undefined)
        throw new Error(`the provider answered ${answer.status}: ${page}`);
      next = new URL(form, origin).href;
      body = new URLSearchParams({ prompt: "login", login: account, password: "any" });
    }
  }
  throw new Error("the provider's pages lead in a circle");
}
