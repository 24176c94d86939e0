"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";

/** Whether the first-run guide is offered to who is signed in, and the way to end it for good. */
export function useSetup(): {
  readonly open: boolean;
  readonly busy: boolean;
  readonly finish: () => Promise<void>;
} {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const mayManage = useMay()("settings.manage");
  const open = useQuery(trpc.settings.setupOpen.queryOptions(undefined, { enabled: mayManage }));
  const finish = useMutation(trpc.settings.finishSetup.mutationOptions());
  return {
    open: mayManage && open.data === true,
    busy: finish.isPending,
    finish: async () => {
      await finish.mutateAsync();
      await queries.invalidateQueries(trpc.settings.pathFilter());
    },
  };
}
