"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTRPC } from "../../client/trpc.tsx";
import { useRefusalToast } from "../ui/use-refusal-toast.ts";

/** What moves a rollout by hand; a refusal is told. */
export function useSteer() {
  const refusalToast = useRefusalToast();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const settled = {
    onError: refusalToast,
    onSettled: async () => {
      await Promise.all([
        queries.invalidateQueries(trpc.version.pathFilter()),
        queries.invalidateQueries(trpc.rollout.pathFilter()),
      ]);
    },
  };
  const pause = useMutation(trpc.rollout.pause.mutationOptions(settled));
  const resume = useMutation(trpc.rollout.resume.mutationOptions(settled));
  const promote = useMutation(trpc.rollout.promote.mutationOptions(settled));
  const abort = useMutation(trpc.rollout.abort.mutationOptions(settled));
  return {
    pause: pause.mutate,
    resume: resume.mutate,
    promote: promote.mutate,
    abort: abort.mutate,
    busy: [pause, resume, promote, abort].some(({ isPending }) => isPending),
  };
}
