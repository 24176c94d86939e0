"use client";

import { useMutation } from "@tanstack/react-query";
import { useTRPC } from "../../client/trpc.tsx";
import { useSettled } from "../../client/use-settled.ts";

/** What moves a rollout by hand; a refusal is told. */
export function useSteer() {
  const trpc = useTRPC();
  const settled = useSettled(trpc.version.pathFilter(), trpc.rollout.pathFilter());
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
