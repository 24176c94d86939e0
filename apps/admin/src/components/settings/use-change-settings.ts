"use client";

import type { ApplianceSettings } from "@sluice/config/contract";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { useRefusalWords } from "../../client/use-refusal-words.ts";
import { useToast } from "../ui/toast.tsx";

export interface SettingsChange {
  /** As the server has them; undefined until they are read. */
  readonly settings: ApplianceSettings | undefined;
  readonly busy: boolean;
  readonly problem: string | undefined;
  readonly change: (settings: Partial<ApplianceSettings>, onDone?: () => void) => void;
}

/** The appliance's settings, and the way to change some of them. */
export function useChangeSettings(): SettingsChange {
  const t = useTranslations("settings");
  const refusalWords = useRefusalWords();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const toast = useToast();
  const read = useQuery(trpc.settings.get.queryOptions());
  const change = useMutation(trpc.settings.change.mutationOptions());
  const error = change.error ?? read.error;
  return {
    settings: read.data,
    busy: change.isPending,
    problem: error ? refusalWords(error) : undefined,
    change: (input, onDone) =>
      change.mutate(input, {
        onSuccess: () => {
          void queries.invalidateQueries(trpc.settings.pathFilter());
          toast({ text: t("saved") });
          onDone?.();
        },
      }),
  };
}
