"use client";

import { parseSelector, selectorMatches } from "@sluice/config/browser";
import type { NodeGroup } from "@sluice/config/contract";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { Field } from "../ui/field.tsx";
import { FormDialog } from "../ui/form-dialog.tsx";
import { Input } from "../ui/input.tsx";

/** A new group, or another selector for one; says at once which nodes it would match. */
export function GroupDialog({
  group,
  onClose,
}: {
  readonly group: NodeGroup | undefined;
  readonly onClose: () => void;
}) {
  const t = useTranslations("nodes.groups");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const nodes = useQuery(trpc.node.list.queryOptions());
  const [name, setName] = useState(group?.name ?? "");
  const [selector, setSelector] = useState(group?.selector ?? "");
  const parsed = parseSelector(selector);
  const problem = "problem" in parsed ? parsed.problem : undefined;
  const matched =
    "selector" in parsed && parsed.selector.length > 0
      ? (nodes.data ?? [])
          .filter(({ labels }) => selectorMatches(parsed.selector, labels))
          .map(({ id }) => id)
      : undefined;
  const done = {
    onSuccess: async () => {
      await Promise.all([
        queries.invalidateQueries(trpc.group.pathFilter()),
        queries.invalidateQueries(trpc.node.pathFilter()),
      ]);
      onClose();
    },
  };
  const create = useMutation(trpc.group.create.mutationOptions(done));
  const change = useMutation(trpc.group.change.mutationOptions(done));
  const busy = create.isPending || change.isPending;
  function submit(): void {
    if (group === undefined) create.mutate({ name: name.trim(), selector });
    else change.mutate({ name: group.name, selector, expectedRevision: group.revision });
  }
  return (
    <FormDialog
      title={group === undefined ? t("add") : t("edit", { name: group.name })}
      description={t("dialogHint")}
      submit={t("save")}
      busy={busy}
      disabled={problem !== undefined}
      error={create.error ?? change.error}
      onSubmit={submit}
      onClose={onClose}
    >
      {group === undefined && (
        <Field label={t("name")} hint={t("nameHint")} required>
          <Input required value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
      )}
      <Field label={t("selector")} hint={t("selectorHint")} error={problem} required>
        <Input
          required
          className="font-mono"
          value={selector}
          onChange={(event) => setSelector(event.target.value)}
        />
      </Field>
      <p className="text-sm text-muted" role="status">
        {matched !== undefined &&
          t("matches", { count: matched.length, names: matched.slice(0, 8).join(", ") || "–" })}
      </p>
    </FormDialog>
  );
}
