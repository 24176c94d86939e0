"use client";

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import {
  createTRPCClient,
  createWSClient,
  httpBatchLink,
  httpLink,
  splitLink,
  TRPCClientError,
  wsLink,
} from "@trpc/client";
import { createTRPCContext } from "@trpc/tanstack-react-query";
import { type ReactNode, useState } from "react";
import superjson from "superjson";
import type { AppRouter } from "../server/trpc/app-router.ts";
import { connectionStore } from "./connection-state.ts";

const { TRPCProvider, useTRPC, useTRPCClient } = createTRPCContext<AppRouter>();

export { useTRPC, useTRPCClient };

/** Queries and mutations over HTTP, subscriptions over one WebSocket that reconnects and resumes by itself. */
export function DataProvider({ children }: { readonly children: ReactNode }) {
  const [queryClient] = useState(makeQueryClient);
  const [trpcClient] = useState(makeTrpcClient);
  return (
    <QueryClientProvider client={queryClient}>
      <TRPCProvider trpcClient={trpcClient} queryClient={queryClient}>
        {children}
      </TRPCProvider>
    </QueryClientProvider>
  );
}

/** For a query that may take long: it goes by itself, so that nothing else of the page waits for its answer. */
export const SLOW = { trpc: { context: { slow: true } } } as const;

function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        refetchOnWindowFocus: true,
        // A refusal stays a refusal; only a server that is away is asked again.
        retry: (count, error) => count < 3 && !isAnswer(error),
      },
      mutations: { retry: false, networkMode: "always" },
    },
  });
}

function isAnswer(error: Error): boolean {
  if (!(error instanceof TRPCClientError)) return false;
  const data = error.data as
    | { httpStatus?: number; config?: { details?: { needs?: unknown } } }
    | null
    | undefined;
  const status = data?.httpStatus;
  // It became overdue under an open page: what the server shows then is the way to set one up.
  if (data?.config?.details?.needs === "second factor") window.location.assign("/profile");
  if (status === 401) window.location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
  return status !== undefined && status < 500;
}

function makeTrpcClient() {
  const socket = createWSClient({
    url: () => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/live`,
    retryDelayMs: (attempt) => (attempt === 0 ? 0 : Math.min(5_000, 250 * 2 ** attempt)),
    // Connects with the first subscription, so not while the server renders.
    lazy: { enabled: true, closeMs: 10_000 },
    keepAlive: { enabled: true, intervalMs: 5_000, pongTimeoutMs: 3_000 },
    onOpen: () => connectionStore.opened(),
    onClose: () => connectionStore.closed(),
  });
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: (operation) => operation.type === "subscription",
        true: wsLink({ client: socket, transformer: superjson }),
        false: splitLink({
          condition: ({ context }) => context.slow === true,
          true: httpLink({ url: "/api/trpc", transformer: superjson }),
          false: httpBatchLink({ url: "/api/trpc", transformer: superjson, maxURLLength: 8_000 }),
        }),
      }),
    ],
  });
}
