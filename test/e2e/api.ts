import type { AppRouter } from "@sluice/admin/router";
import { createTRPCClient, createWSClient, httpLink, splitLink, type TRPCClient, wsLink } from "@trpc/client";
import superjson from "superjson";
import { WebSocket } from "ws";
import type { Appliance } from "./start-appliance.ts";

export interface Api {
  readonly client: TRPCClient<AppRouter>;
  readonly token: string;
  close(): Promise<void>;
}

/** Signs in and gives the dashboard's API: calls over HTTP, subscriptions over the WebSocket. */
export async function openApi(appliance: Pick<Appliance, "url" | "email" | "password">): Promise<Api> {
  const response = await fetch(`${appliance.url}/api/auth/sign-in/email`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: appliance.url },
    body: JSON.stringify({ email: appliance.email, password: appliance.password }),
  });
  const token = response.headers.get("set-auth-token");
  if (!response.ok || token === null) throw new Error(`sign-in: ${response.status} ${await response.text()}`);
  const cookie = response.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
  class SignedInWebSocket extends WebSocket {
    constructor(url: string) {
      super(url, { origin: appliance.url, headers: { cookie } });
    }
  }
  const socket = createWSClient({
    url: `${appliance.url.replace("http", "ws")}/api/live`,
    WebSocket: SignedInWebSocket as unknown as typeof globalThis.WebSocket,
  });
  const client = createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: (operation) => operation.type === "subscription",
        true: wsLink({ client: socket, transformer: superjson }),
        false: httpLink({
          url: `${appliance.url}/api/trpc`,
          transformer: superjson,
          headers: { authorization: `Bearer ${token}` },
        }),
      }),
    ],
  });
  return { client, token, close: () => socket.close() };
}

export interface FirstRoute {
  /** Of the listener. */
  readonly port: number;
  /** Default `*`. */
  readonly domain?: string;
  /** Default `/`. */
  readonly path?: string;
  /** On 127.0.0.1; default 9, where nobody answers. */
  readonly upstreamPort?: number;
}

/** Puts a route into the draft as the dashboard's guide does, with its listener and its cluster. */
export async function draftRoute(
  api: Api,
  { port, domain = "*", path = "/", upstreamPort = 9 }: FirstRoute,
): Promise<void> {
  await api.client.draft.firstRoute.mutate({ domain, path, port, host: "127.0.0.1", upstreamPort });
}

/** Publishes the draft and waits until every connected node runs it; gives the milliseconds from the call on. */
export async function publishAndWait(api: Api, message: string, deadlineMs = 60_000): Promise<number> {
  const startedAt = performance.now();
  const { rollout } = await api.client.version.publish.mutate({ message });
  if (rollout === undefined) throw new Error("the publish waits for approval");
  await untilEffective(api, rollout.id, deadlineMs);
  return performance.now() - startedAt;
}

export async function untilEffective(api: Api, rollout: number, deadlineMs = 60_000): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const status = await api.client.version.rolloutStatus.query({ rollout });
    if (status.state === "effective") return;
    if (performance.now() > deadline || status.state === "refused") {
      throw new Error(`rollout ${rollout} is ${status.state}: ${JSON.stringify(status.nodes)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
