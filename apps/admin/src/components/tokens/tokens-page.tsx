"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { useOpenFromAddress } from "../../client/use-open-from-address.ts";
import { GrantText } from "../roles/grant-text.tsx";
import { actionsColumn } from "../ui/actions-column.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { ListPage } from "../ui/list-page.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { Table } from "../ui/table.tsx";
import { useRefusalToast } from "../ui/use-refusal-toast.ts";
import { CreateTokenDialog } from "./create-token-dialog.tsx";

/** What scripts sign in with: one's own tokens, and everybody's for who manages people. */
export function TokensPage() {
  const t = useTranslations("tokens");
  const refusalToast = useRefusalToast();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const all = useMay()("people.manage");
  const [adding, setAdding] = useState(false);
  useOpenFromAddress(() => setAdding(true));
  const tokens = useQuery(trpc.token.list.queryOptions({ all }));
  const refresh = () => queries.invalidateQueries(trpc.token.pathFilter());
  const revoke = useMutation({
    ...trpc.token.revoke.mutationOptions(),
    onSettled: refresh,
    onError: refusalToast,
  });
  return (
    <>
      <ListPage
        title={t("title")}
        description={t("description")}
        add={t("add")}
        onAdd={() => setAdding(true)}
        query={tokens}
      >
        <Table
          label={t("title")}
          rows={tokens.data ?? []}
          rowKey={(token) => token.id}
          empty={
            <EmptyState
              icon="keyboard"
              title={t("none.title")}
              action={
                <Button tone="primary" icon="plus" onClick={() => setAdding(true)}>
                  {t("add")}
                </Button>
              }
            >
              {t("none.text")}
            </EmptyState>
          }
          columns={[
            {
              id: "name",
              header: t("columns.name"),
              cell: (token) => (
                <span className="flex items-center gap-2 font-medium">
                  {token.name}
                  {token.state !== "valid" && <Badge tone="bad">{t(`states.${token.state}`)}</Badge>}
                </span>
              ),
            },
            {
              id: "owner",
              header: t("columns.owner"),
              className: "text-muted",
              cell: (token) => token.owner,
            },
            {
              id: "grants",
              header: t("columns.grants"),
              secondary: true,
              cell: (token) => (
                <span className="flex flex-wrap gap-1 py-1">
                  {token.grants.map((grant) => (
                    <GrantText key={JSON.stringify(grant)} grant={grant} />
                  ))}
                </span>
              ),
            },
            {
              id: "used",
              header: t("columns.lastUsed"),
              className: "text-muted",
              cell: (token) => (token.lastUsedAt ? <RelativeTime at={token.lastUsedAt} /> : t("never")),
            },
            {
              id: "expires",
              header: t("columns.expires"),
              className: "text-muted",
              cell: (token) => <RelativeTime at={token.expiresAt} ahead />,
            },
            {
              ...actionsColumn(t("columns.actions")),
              cell: (token) =>
                token.state === "valid" && (
                  <Button
                    size="sm"
                    aria-label={t("revokeName", { name: token.name })}
                    onClick={() => revoke.mutate({ id: token.id })}
                  >
                    {t("revoke")}
                  </Button>
                ),
            },
          ]}
        />
      </ListPage>
      {adding && <CreateTokenDialog onClose={() => setAdding(false)} onDone={() => void refresh()} />}
    </>
  );
}
