"use client";

import type { Channel } from "@sluice/config/contract";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { useOpenFromAddress } from "../../client/use-open-from-address.ts";
import { Button } from "../ui/button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { QueryProblem } from "../ui/query-problem.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { ChannelDialog } from "./channel-dialog.tsx";
import { ChannelTable } from "./channel-table.tsx";
import { DeliveryTable } from "./delivery-table.tsx";

/** Where what happens is told, and what became of the messages. */
export function NotificationsPage() {
  const t = useTranslations("notifications");
  const trpc = useTRPC();
  const mayManage = useMay()("notification.manage");
  const [editing, setEditing] = useState<Channel | "new">();
  useOpenFromAddress(() => setEditing("new"));
  const channels = useQuery(trpc.notification.channels.queryOptions());
  const add = mayManage && (
    <Button tone="primary" icon="plus" onClick={() => setEditing("new")}>
      {t("add")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("title")} description={t("description")} actions={add} />
      <QueryProblem query={channels} padded />
      {channels.isPending && <SkeletonRows />}
      {channels.data?.length === 0 && (
        <EmptyState icon="notifications" title={t("none")} action={add}>
          {t("noneHint")}
        </EmptyState>
      )}
      {channels.data !== undefined && channels.data.length > 0 && (
        <div className="flex flex-col gap-8 pb-10">
          <section aria-label={t("channels")}>
            <h2 className="px-6 pb-1 text-sm font-semibold max-sm:px-4">{t("channels")}</h2>
            <ChannelTable channels={channels.data} onEdit={setEditing} />
          </section>
          <DeliveryTable />
        </div>
      )}
      <ChannelDialog
        // Begins anew each time that it opens.
        key={editing === undefined ? "closed" : editing === "new" ? "new" : editing.name}
        subject={editing}
        onClose={() => setEditing(undefined)}
      />
    </>
  );
}
