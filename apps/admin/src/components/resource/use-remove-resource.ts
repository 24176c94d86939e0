"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { useTranslations } from "use-intl";
import { useTRPC, useTRPCClient } from "../../client/trpc.tsx";
import { useToast } from "../ui/toast.tsx";
import { useRefusalToast } from "../ui/use-refusal-toast.ts";
import type { ResourceRef } from "./config-types.ts";

/** Takes a resource out of the draft at once and offers to put it back; answers whether it is gone. */
export function useRemoveResource(): (ref: ResourceRef) => Promise<boolean> {
  const t = useTranslations("config");
  const refusalToast = useRefusalToast();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const trpc = useTRPC();
  const toast = useToast();
  return useCallback(
    async (ref) => {
      const refresh = () => queries.invalidateQueries(trpc.draft.pathFilter());
      try {
        const before = await client.draft.get.query(ref);
        await client.draft.remove.mutate({ ...ref, expectedRevision: before.revision });
        toast({
          text: t("removed", { name: ref.name }),
          undo: async () => {
            await client.draft.put.mutate({ kind: ref.kind, yaml: before.yaml }).catch(refusalToast);
            await refresh();
          },
        });
        await refresh();
        return true;
      } catch (error) {
        refusalToast(error);
        return false;
      }
    },
    [client, queries, trpc, toast, t, refusalToast],
  );
}
