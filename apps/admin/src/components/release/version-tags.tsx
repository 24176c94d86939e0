"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslations } from "use-intl";
import { refusalOf } from "../../client/refusal.ts";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button, IconButton } from "../ui/button.tsx";
import { Input } from "../ui/input.tsx";
import { useToast } from "../ui/toast.tsx";
import { useRefusalToast } from "../ui/use-refusal-toast.ts";

export interface VersionTagsProps {
  readonly number: number;
  readonly tags: readonly string[];
}

/** A version's names: shown, given and taken away in place. A name that another version has moves here, with the way back. */
export function VersionTags({ number, tags }: VersionTagsProps) {
  const t = useTranslations("release.tags");
  const refusalToast = useRefusalToast();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const toast = useToast();
  const may = useMay();
  const [name, setName] = useState<string>();
  const refresh = () => queries.invalidateQueries(trpc.version.pathFilter());
  const tag = useMutation({
    ...trpc.history.tag.mutationOptions(),
    onSuccess: async () => {
      setName(undefined);
      await refresh();
    },
    onError: (error, input) => {
      const { conflict } = refusalOf(error);
      // Undo beats a question: the name moves, and the toast moves it back.
      if (conflict?.version === undefined || input.move) return refusalToast(error);
      const from = conflict.version;
      tag.mutate(
        { ...input, move: true },
        {
          onSuccess: () =>
            toast({
              text: t("moved", { name: input.name, from, to: number }),
              undo: async () => void (await tag.mutateAsync({ version: from, name: input.name, move: true })),
            }),
        },
      );
    },
  });
  const untag = useMutation({
    ...trpc.history.untag.mutationOptions(),
    onSuccess: refresh,
    onError: refusalToast,
  });
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (name?.trim()) tag.mutate({ version: number, name: name.trim() });
  }
  return (
    <div className="flex flex-wrap items-center gap-1.5">
      {tags.map((each) => (
        <span key={each} className="inline-flex items-center">
          <Badge tone="accent">{each}</Badge>
          {may("config.publish") && (
            <IconButton
              icon="close"
              size="sm"
              label={t("remove", { name: each })}
              onClick={() => untag.mutate({ name: each })}
            />
          )}
        </span>
      ))}
      {may("config.publish") &&
        (name === undefined ? (
          <Button size="sm" tone="quiet" icon="plus" onClick={() => setName("")}>
            {t("add")}
          </Button>
        ) : (
          <form onSubmit={submit} className="flex items-center gap-1.5">
            <Input
              autoFocus
              aria-label={t("name")}
              placeholder="stable"
              value={name}
              maxLength={100}
              className="h-7 w-36"
              onChange={(event) => setName(event.target.value)}
              onKeyDown={(event) => event.key === "Escape" && setName(undefined)}
            />
            <Button type="submit" size="sm" busy={tag.isPending} disabled={name.trim() === ""}>
              {t("add")}
            </Button>
          </form>
        ))}
    </div>
  );
}
