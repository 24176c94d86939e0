"use client";

import { useMutation } from "@tanstack/react-query";
import { useTRPC } from "../../client/trpc.tsx";
import { useSettled } from "../../client/use-settled.ts";

/** Lets a frozen group move again; a refusal is told. */
export function useUnfreeze(): (group: string) => void {
  const trpc = useTRPC();
  const settled = useSettled(trpc.group.pathFilter(), trpc.node.pathFilter());
  const unfreeze = useMutation(trpc.group.unfreeze.mutationOptions(settled));
  return (group) => unfreeze.mutate({ group });
}
