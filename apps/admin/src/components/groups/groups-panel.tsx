"use client";

import type { NodeGroupSummary } from "@sluice/config/contract";
import { useMutation, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { useOpenFromAddress } from "../../client/use-open-from-address.ts";
import { useSettled } from "../../client/use-settled.ts";
import { actionsColumn } from "../ui/actions-column.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button, IconButton } from "../ui/button.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { useToast } from "../ui/toast.tsx";
import { FreezeDialog } from "./freeze-dialog.tsx";
import { GroupDialog } from "./group-dialog.tsx";
import { ProbeDialog } from "./probe-dialog.tsx";
import { UnprotectDialog } from "./unprotect-dialog.tsx";
import { useUnfreeze } from "./use-unfreeze.ts";

const DEFAULT_GROUP = "default";

/** Groups of nodes, in the order in which nodes are matched, and what each follows. */
export function GroupsPanel() {
  const t = useTranslations("nodes.groups");
  const probe = useTranslations("rollout.probe");
  const trpc = useTRPC();
  const may = useMay();
  const groups = useQuery(trpc.group.list.queryOptions());
  const [edited, setEdited] = useState<NodeGroupSummary | "new">();
  const [frozen, setFrozen] = useState<string>();
  useOpenFromAddress((what) => {
    if (what === "group") setEdited("new");
    else if (what.startsWith("freeze/")) setFrozen(what.slice("freeze/".length));
  });
  const [probed, setProbed] = useState<NodeGroupSummary>();
  const [unprotected, setUnprotected] = useState<string>();
  const act = useGroupActions();
  const rows = groups.data ?? [];
  const names = rows.map(({ name }) => name).filter((name) => name !== DEFAULT_GROUP);
  const move = (name: string, by: 1 | -1): void => {
    const at = names.indexOf(name);
    act.reorder(names.toSpliced(at, 1).toSpliced(at + by, 0, name));
  };
  const columns: readonly Column<NodeGroupSummary>[] = [
    {
      id: "name",
      header: t("name"),
      cell: (group) => (
        <span className="flex flex-wrap items-center gap-2 font-medium">
          {group.name}
          {group.protected && (
            <span title={t("protectedBy", { by: group.protected.by })}>
              <Badge tone="accent">{t("protected")}</Badge>
            </span>
          )}
          {group.frozen && (
            <span title={t("frozenWhy", { by: group.frozen.by, reason: group.frozen.reason })}>
              <Badge tone="info">{t("frozen")}</Badge>
            </span>
          )}
        </span>
      ),
    },
    {
      id: "selector",
      header: t("selector"),
      cell: (group) =>
        group.name === DEFAULT_GROUP ? (
          <span className="text-muted">{t("allOthers")}</span>
        ) : (
          <code className="font-mono text-xs break-words">{group.selector}</code>
        ),
    },
    {
      id: "probe",
      header: probe("title"),
      secondary: true,
      cell: (group) =>
        group.probe === undefined ? (
          <span className="text-muted">–</span>
        ) : (
          <code className="font-mono text-xs break-words">
            {group.probe.method} {group.probe.url}
          </code>
        ),
    },
    {
      id: "version",
      header: t("version"),
      align: "right",
      cell: (group) => (
        <span className="flex flex-col items-end">
          <span className="tabular">{group.version === undefined ? "–" : `v${group.version}`}</span>
          {group.rollout !== undefined && (
            <Link href={`/rollouts/${group.rollout}`} className="text-xs text-info hover:underline">
              {t("rollout", { id: group.rollout })}
            </Link>
          )}
        </span>
      ),
    },
    {
      id: "nodes",
      header: t("nodes"),
      align: "right",
      cell: (group) => (
        <span className="tabular">
          {t("effectiveOf", { effective: group.effective, connected: group.connected })}
        </span>
      ),
    },
    ...(!may("group.manage") && !may("config.publish")
      ? []
      : [
          {
            ...actionsColumn(t("actions")),
            cell: (group: NodeGroupSummary) => (
              <span className="flex flex-wrap justify-end gap-1">
                {may("group.manage") && (
                  <Button
                    size="sm"
                    aria-label={probe("shortName", { name: group.name })}
                    onClick={() => setProbed(group)}
                  >
                    {probe("short")}
                  </Button>
                )}
                {may("group.manage") && group.name !== DEFAULT_GROUP && (
                  <>
                    <IconButton
                      size="sm"
                      icon="arrowUp"
                      label={t("up", { name: group.name })}
                      disabled={group.name === names[0]}
                      onClick={() => move(group.name, -1)}
                    />
                    <IconButton
                      size="sm"
                      icon="arrowDown"
                      label={t("down", { name: group.name })}
                      disabled={group.name === names.at(-1)}
                      onClick={() => move(group.name, 1)}
                    />
                    <IconButton
                      size="sm"
                      icon="edit"
                      label={t("edit", { name: group.name })}
                      onClick={() => setEdited(group)}
                    />
                    <IconButton
                      size="sm"
                      icon="trash"
                      label={t("remove", { name: group.name })}
                      onClick={() => act.remove(group)}
                    />
                  </>
                )}
                {may("group.manage") && (
                  <Button
                    size="sm"
                    aria-label={t(group.protected ? "unprotectName" : "protectName", { name: group.name })}
                    onClick={() => (group.protected ? setUnprotected(group.name) : act.protect(group.name))}
                  >
                    {t(group.protected ? "unprotect" : "protect")}
                  </Button>
                )}
                {!may("config.publish", { group: group.name }) ? null : group.frozen ? (
                  <Button
                    size="sm"
                    aria-label={t("unfreezeName", { name: group.name })}
                    onClick={() => act.unfreeze(group.name)}
                  >
                    {t("unfreeze")}
                  </Button>
                ) : (
                  <Button
                    size="sm"
                    aria-label={t("freezeName", { name: group.name })}
                    onClick={() => setFrozen(group.name)}
                  >
                    {t("freeze")}
                  </Button>
                )}
              </span>
            ),
          },
        ]),
  ];
  return (
    <section aria-label={t("title")} className="pb-6">
      <div className="flex flex-wrap items-center justify-between gap-3 px-6 pb-2 max-sm:px-4">
        <h2 className="text-sm font-semibold">{t("title")}</h2>
        {may("group.manage") && (
          <Button size="sm" icon="plus" onClick={() => setEdited("new")}>
            {t("add")}
          </Button>
        )}
      </div>
      <Table label={t("title")} columns={columns} rows={rows} rowKey={({ name }) => name} />
      {edited !== undefined && (
        <GroupDialog group={edited === "new" ? undefined : edited} onClose={() => setEdited(undefined)} />
      )}
      {probed !== undefined && <ProbeDialog group={probed} onClose={() => setProbed(undefined)} />}
      {unprotected !== undefined && (
        <UnprotectDialog group={unprotected} onClose={() => setUnprotected(undefined)} />
      )}
      {frozen !== undefined && <FreezeDialog group={frozen} onClose={() => setFrozen(undefined)} />}
    </section>
  );
}

/** What needs no dialog: done at once; a removal can be undone. */
function useGroupActions() {
  const t = useTranslations("nodes.groups");
  const trpc = useTRPC();
  const toast = useToast();
  const settled = useSettled(trpc.group.pathFilter(), trpc.node.pathFilter());
  const reorder = useMutation(trpc.group.reorder.mutationOptions(settled));
  const unfreeze = useUnfreeze();
  const protect = useMutation(
    trpc.group.protect.mutationOptions({
      ...settled,
      onSuccess: (_, { group }) => toast({ text: t("nowProtected", { name: group }) }),
    }),
  );
  const create = useMutation(trpc.group.create.mutationOptions(settled));
  const remove = useMutation(trpc.group.remove.mutationOptions(settled));
  return {
    reorder: (names: string[]) => reorder.mutate({ names }),
    unfreeze,
    protect: (group: string) => protect.mutate({ group }),
    remove: ({ name, position, selector, version }: NodeGroupSummary) =>
      remove.mutate(
        { name },
        {
          onSuccess: () =>
            toast({
              text: t("removed", { name }),
              undo: () => create.mutate({ name, selector, position, version }),
            }),
        },
      ),
  };
}
