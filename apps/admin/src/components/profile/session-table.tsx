"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useSession } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { actionsColumn } from "../ui/actions-column.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { Table } from "../ui/table.tsx";
import { useRefusalToast } from "../ui/use-refusal-toast.ts";

/** Where a person is signed in: oneself, or `person` for who manages people. */
export function SessionTable({ person }: { readonly person?: string }) {
  const t = useTranslations("profile.sessions");
  const refusalToast = useRefusalToast();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { sessionId } = useSession();
  const sessions = useQuery(trpc.session.list.queryOptions(person === undefined ? {} : { person }));
  const settled = {
    onSettled: () => queries.invalidateQueries(trpc.session.pathFilter()),
    onError: refusalToast,
  };
  const revoke = useMutation({ ...trpc.session.revoke.mutationOptions(), ...settled });
  const others = useMutation({ ...trpc.session.revokeOthers.mutationOptions(), ...settled });
  const rows = sessions.data ?? [];
  return (
    <div className="flex flex-col gap-3">
      <Table
        framed
        label={t("title")}
        rows={rows}
        rowKey={(session) => session.id}
        empty={<p className="text-sm text-muted">{t("nothing")}</p>}
        columns={[
          {
            id: "agent",
            header: t("where"),
            className: "max-w-80",
            cell: (session) => (
              <span className="flex items-center gap-2">
                <span className="truncate" title={session.userAgent}>
                  {session.userAgent ?? t("unknown")}
                </span>
                {session.id === sessionId && <Badge>{t("this")}</Badge>}
              </span>
            ),
          },
          {
            id: "address",
            header: t("address"),
            className: "text-muted",
            cell: (session) => session.address ?? "",
          },
          {
            id: "since",
            header: t("since"),
            className: "text-muted",
            cell: (session) => <RelativeTime at={session.createdAt} />,
          },
          {
            ...actionsColumn(t("actions")),
            cell: (session) =>
              session.id !== sessionId && (
                <Button size="sm" onClick={() => revoke.mutate({ id: session.id })}>
                  {t("end")}
                </Button>
              ),
          },
        ]}
      />
      {person === undefined && rows.length > 1 && (
        <div>
          <Button busy={others.isPending} onClick={() => others.mutate()}>
            {t("endOthers")}
          </Button>
        </div>
      )}
    </div>
  );
}
