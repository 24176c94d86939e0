"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useCallback, useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC, useTRPCClient } from "../../client/trpc.tsx";
import { useToast } from "../ui/toast.tsx";
import { useRefusalToast } from "../ui/use-refusal-toast.ts";

export interface Rollback {
  /** The version that is being made live; undefined when none is. */
  readonly pending: number | undefined;
  /** Makes `version` live; `live` is what the user saw as live, and what undo goes back to. */
  readonly start: (version: number, live: number | undefined) => Promise<void>;
}

/** One click, at once; the way back is in the toast. Where the group is protected it asks, and goes to the request. */
export function useRollback(): Rollback {
  const t = useTranslations("release");
  const refusalToast = useRefusalToast();
  const client = useTRPCClient();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const toast = useToast();
  const router = useRouter();
  const [pending, setPending] = useState<number>();
  const start = useCallback(
    async (version: number, live: number | undefined): Promise<void> => {
      setPending(version);
      try {
        const { request } = await client.version.rollback.mutate({
          version,
          ...(live === undefined ? {} : { expectedLive: live }),
        });
        if (request !== undefined) {
          toast({ text: t("askedForApproval", { number: version }) });
          router.push(`/approvals/${request.id}`);
          return;
        }
        toast({
          text: t("rolledBack", { number: version }),
          ...(live === undefined ? {} : { undo: () => start(live, version) }),
        });
      } catch (error) {
        refusalToast(error);
      } finally {
        setPending(undefined);
        await Promise.all([
          queries.invalidateQueries(trpc.version.pathFilter()),
          queries.invalidateQueries(trpc.draft.pathFilter()),
        ]);
      }
    },
    [client, trpc, queries, router, toast, t, refusalToast],
  );
  return { pending, start };
}
