"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTRPC } from "../../client/trpc.tsx";
import { useRefusalToast } from "../ui/use-refusal-toast.ts";

/** Lets a frozen group move again; a refusal is told. */
export function useUnfreeze(): (group: string) => void {
  const onError = useRefusalToast();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const unfreeze = useMutation(
    trpc.group.unfreeze.mutationOptions({
      onError,
      onSettled: async () => {
        await Promise.all([
          queries.invalidateQueries(trpc.group.pathFilter()),
          queries.invalidateQueries(trpc.node.pathFilter()),
        ]);
      },
    }),
  );
  return (group) => unfreeze.mutate({ group });
}
