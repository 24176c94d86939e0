"use client";

import { type QueryFilters, useQueryClient } from "@tanstack/react-query";
import { useRefusalToast } from "../components/ui/use-refusal-toast.ts";

/** What follows something that was done at once, by a press: a refusal is told, and what it may have changed is asked for again. */
export function useSettled(...affected: readonly QueryFilters[]) {
  const refusalToast = useRefusalToast();
  const queries = useQueryClient();
  return {
    onError: refusalToast,
    onSettled: async () => {
      await Promise.all(affected.map((filter) => queries.invalidateQueries(filter)));
    },
  };
}
