"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useRoleName } from "../../client/role-name.ts";
import { useTRPC } from "../../client/trpc.tsx";
import { actionsColumn } from "../ui/actions-column.tsx";
import { Button } from "../ui/button.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { Table } from "../ui/table.tsx";
import { useRefusalToast } from "../ui/use-refusal-toast.ts";

/** Links that are good still; nothing while there are none. */
export function InvitationTable() {
  const t = useTranslations("people");
  const refusalToast = useRefusalToast();
  const roleName = useRoleName();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const links = useQuery(trpc.invitation.list.queryOptions());
  const revoke = useMutation({
    ...trpc.invitation.revoke.mutationOptions(),
    onSettled: () => queries.invalidateQueries(trpc.invitation.pathFilter()),
    onError: refusalToast,
  });
  const rows = links.data ?? [];
  if (rows.length === 0) return null;
  return (
    <section className="mt-8">
      <h2 className="px-6 pb-2 text-sm font-semibold max-sm:px-4">{t("links.title")}</h2>
      <div className="border-t border-line">
        <Table
          label={t("links.title")}
          rows={rows}
          rowKey={(link) => link.id}
          columns={[
            { id: "email", header: t("columns.email"), cell: (link) => link.email },
            {
              id: "for",
              header: t("links.for"),
              className: "text-muted",
              cell: (link) =>
                link.role === undefined
                  ? t("links.password")
                  : t("links.account", { role: roleName(link.role) }),
            },
            {
              id: "by",
              header: t("links.by"),
              secondary: true,
              className: "text-muted",
              cell: (link) => link.createdBy,
            },
            {
              id: "expires",
              header: t("links.expires"),
              className: "text-muted",
              cell: (link) => <RelativeTime at={link.expiresAt} ahead />,
            },
            {
              ...actionsColumn(t("columns.actions")),
              cell: (link) => (
                <Button
                  size="sm"
                  aria-label={t("links.revokeOf", { email: link.email })}
                  onClick={() => revoke.mutate({ id: link.id })}
                >
                  {t("links.revoke")}
                </Button>
              ),
            },
          ]}
        />
      </div>
    </section>
  );
}
