"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { useToast } from "../ui/toast.tsx";
import { useRefusalToast } from "../ui/use-refusal-toast.ts";

export interface LabelEditorProps {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `a=b, c=d` → record; undefined when a part is no label. */
  readonly parse: (text: string) => Readonly<Record<string, string>> | undefined;
}

/** The labels that operators keep for a node; they win over its own, and may move it to another group at once. */
export function LabelEditor({ id, labels, parse }: LabelEditorProps) {
  const t = useTranslations("nodes.labels");
  const refusalToast = useRefusalToast();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const toast = useToast();
  const stored = formatLabels(labels);
  const [typed, setTyped] = useState<string>();
  const text = typed ?? stored;
  const parsed = parse(text);
  const save = useMutation(
    trpc.node.setLabels.mutationOptions({
      onSuccess: async (_, input) => {
        await queries.invalidateQueries(trpc.node.pathFilter());
        setTyped(undefined);
        if (formatLabels(input.labels) !== stored)
          toast({ text: t("saved", { id }), undo: () => save.mutate({ id, labels: { ...labels } }) });
      },
      onError: refusalToast,
    }),
  );
  const submit = () => {
    if (parsed !== undefined && text !== stored) save.mutate({ id, labels: { ...parsed } });
  };
  return (
    <form
      className="mt-4 flex max-w-2xl flex-wrap items-start gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Field
        label={t("title")}
        hint={t("hint")}
        error={parsed === undefined ? t("error") : undefined}
        className="min-w-60 flex-1"
      >
        <Input className="font-mono" value={text} onChange={(event) => setTyped(event.target.value)} />
      </Field>
      <Button
        type="submit"
        className="mt-6"
        busy={save.isPending}
        disabled={parsed === undefined || text === stored}
      >
        {t("save")}
      </Button>
    </form>
  );
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(", ");
}
