"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { refusalOf } from "../../client/refusal.ts";
import { useRoleName } from "../../client/role-name.ts";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import type { RoleState } from "../../server/people/role.ts";
import { Badge } from "../ui/badge.tsx";
import { Button, IconButton } from "../ui/button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { Table } from "../ui/table.tsx";
import { useToast } from "../ui/toast.tsx";
import { GrantText } from "./grant-text.tsx";
import { RoleDialog } from "./role-dialog.tsx";

/** What each role allows. A removal can be undone. */
export function RolesPage() {
  const t = useTranslations("roles");
  const roleName = useRoleName();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const toast = useToast();
  const allowed = useMay()("people.manage");
  const [edited, setEdited] = useState<RoleState | "new">();
  const roles = useQuery({ ...trpc.role.list.queryOptions(), enabled: allowed });
  const refresh = () => queries.invalidateQueries(trpc.role.pathFilter());
  const failed = (error: unknown) => toast({ tone: "bad", text: refusalOf(error).message || t("away") });
  const restore = useMutation({ ...trpc.role.create.mutationOptions(), onSettled: refresh, onError: failed });
  const remove = useMutation({ ...trpc.role.remove.mutationOptions(), onSettled: refresh, onError: failed });

  function removeRole({ name, description, grants }: RoleState): void {
    const before = {
      name,
      description,
      grants: grants.map(({ groups, kinds, ...grant }) => ({
        ...grant,
        ...(groups ? { groups: [...groups] } : {}),
        ...(kinds ? { kinds: [...kinds] } : {}),
      })),
    };
    const onSuccess = () => void toast({ text: t("removed", { name }), undo: () => restore.mutate(before) });
    remove.mutate({ name }, { onSuccess });
  }

  if (!allowed)
    return (
      <>
        <PageHeader title={t("title")} />
        <EmptyState icon="people" title={t("notAllowed")}>
          {t("notAllowedHint")}
        </EmptyState>
      </>
    );
  return (
    <>
      <PageHeader
        title={t("title")}
        description={t("description")}
        actions={
          <Button tone="primary" icon="plus" onClick={() => setEdited("new")}>
            {t("add")}
          </Button>
        }
      />
      {roles.isPending ? (
        <SkeletonRows />
      ) : (
        <div className="border-t border-line">
          <Table
            label={t("title")}
            rows={roles.data ?? []}
            rowKey={(role) => role.name}
            columns={[
              {
                id: "name",
                header: t("columns.name"),
                cell: (role) => (
                  <span className="flex items-center gap-2 font-medium">
                    {roleName(role.name)}
                    {role.builtIn && <Badge>{t("builtIn")}</Badge>}
                  </span>
                ),
              },
              {
                id: "grants",
                header: t("columns.grants"),
                cell: (role) => (
                  <span className="flex flex-wrap gap-1 py-1">
                    {role.grants.map((grant) => (
                      <GrantText key={JSON.stringify(grant)} grant={grant} />
                    ))}
                  </span>
                ),
              },
              {
                id: "description",
                header: t("columns.description"),
                secondary: true,
                className: "text-muted",
                cell: (role) => role.description,
              },
              {
                id: "people",
                header: t("columns.people"),
                align: "right",
                className: "text-muted",
                cell: (role) => role.people,
              },
              {
                id: "actions",
                header: <span className="sr-only">{t("columns.actions")}</span>,
                align: "right",
                cell: (role) =>
                  !role.builtIn && (
                    <span className="flex justify-end gap-1">
                      <IconButton
                        size="sm"
                        icon="edit"
                        label={t("editName", { name: role.name })}
                        onClick={() => setEdited(role)}
                      />
                      <IconButton
                        size="sm"
                        icon="trash"
                        label={t("removeName", { name: role.name })}
                        disabled={role.people > 0}
                        onClick={() => removeRole(role)}
                      />
                    </span>
                  ),
              },
            ]}
          />
        </div>
      )}
      {edited !== undefined && (
        <RoleDialog
          role={edited === "new" ? undefined : edited}
          onClose={() => setEdited(undefined)}
          onDone={() => {
            setEdited(undefined);
            void refresh();
          }}
        />
      )}
    </>
  );
}
