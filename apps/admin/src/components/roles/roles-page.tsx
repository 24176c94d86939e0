"use client";

import { isBuiltInRole } from "@sluice/config/browser";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useRoleName } from "../../client/role-name.ts";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { useOpenFromAddress } from "../../client/use-open-from-address.ts";
import type { RoleState } from "../../server/people/role.ts";
import { actionsColumn } from "../ui/actions-column.tsx";
import { Badge } from "../ui/badge.tsx";
import { IconButton } from "../ui/button.tsx";
import { ListPage, NotAllowedPage } from "../ui/list-page.tsx";
import { Table } from "../ui/table.tsx";
import { useToast } from "../ui/toast.tsx";
import { useRefusalToast } from "../ui/use-refusal-toast.ts";
import { GrantText } from "./grant-text.tsx";
import { RoleDialog } from "./role-dialog.tsx";

/** What each role allows. A removal can be undone. */
export function RolesPage() {
  const t = useTranslations("roles");
  const refusalToast = useRefusalToast();
  const roleName = useRoleName();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const toast = useToast();
  const allowed = useMay()("people.manage");
  const [edited, setEdited] = useState<RoleState | "new">();
  useOpenFromAddress(() => setEdited("new"));
  const roles = useQuery({ ...trpc.role.list.queryOptions(), enabled: allowed });
  const refresh = () => queries.invalidateQueries(trpc.role.pathFilter());
  const restore = useMutation({
    ...trpc.role.create.mutationOptions(),
    onSettled: refresh,
    onError: refusalToast,
  });
  const remove = useMutation({
    ...trpc.role.remove.mutationOptions(),
    onSettled: refresh,
    onError: refusalToast,
  });

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
      <NotAllowedPage title={t("title")} icon="people" what={t("notAllowed")} hint={t("notAllowedHint")} />
    );
  return (
    <>
      <ListPage
        title={t("title")}
        description={t("description")}
        add={t("add")}
        onAdd={() => setEdited("new")}
        query={roles}
      >
        <Table
          label={t("title")}
          rows={roles.data ?? []}
          rowKey={(role) => role.name}
          columns={[
            {
              id: "name",
              header: t("columns.name"),
              className: "min-w-36",
              cell: (role) => (
                <span className="flex flex-wrap items-center gap-x-2 gap-y-1 font-medium whitespace-nowrap">
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
              cell: (role) => (isBuiltInRole(role.name) ? t(`builtInAbout.${role.name}`) : role.description),
            },
            {
              id: "people",
              header: t("columns.people"),
              align: "right",
              className: "text-muted",
              cell: (role) => role.people,
            },
            {
              ...actionsColumn(t("columns.actions")),
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
      </ListPage>
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
