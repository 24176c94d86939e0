"use client";

import type { Channel } from "@sluice/config/contract";
import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { actionsColumn } from "../ui/actions-column.tsx";
import { Badge, StatusDot } from "../ui/badge.tsx";
import { Button, IconButton } from "../ui/button.tsx";
import { Menu } from "../ui/menu.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { useToast } from "../ui/toast.tsx";
import { useRefusalToast } from "../ui/use-refusal-toast.ts";
import { useTypedRemoval } from "../ui/use-typed-removal.tsx";

export interface ChannelTableProps {
  readonly channels: readonly Channel[];
  readonly onEdit: (channel: Channel) => void;
}

/** The channels with how their messages fare, and a test button each. */
export function ChannelTable({ channels, onEdit }: ChannelTableProps) {
  const t = useTranslations("notifications");
  const refusalToast = useRefusalToast();
  const trpc = useTRPC();
  const toast = useToast();
  const mayManage = useMay()("notification.manage");
  const test = useMutation(
    trpc.notification.test.mutationOptions({
      onSuccess: (_, { name }) => toast({ text: t("testSent", { name }) }),
      onError: refusalToast,
    }),
  );
  const change = useMutation(trpc.notification.change.mutationOptions({ onError: refusalToast }));
  const remove = useMutation(
    trpc.notification.remove.mutationOptions({
      onSuccess: (_, { name }) => toast({ text: t("removed", { name }) }),
      onError: refusalToast,
    }),
  );
  const removal = useTypedRemoval({
    label: t("remove"),
    hint: t("removeHint"),
    remove: (name) => remove.mutate({ name }),
  });
  const columns: readonly Column<Channel>[] = [
    {
      id: "name",
      header: t("columns.channel"),
      cell: (channel) => (
        <span className="flex items-center gap-2 font-medium">
          {channel.name}
          {!channel.enabled && <Badge>{t("off")}</Badge>}
        </span>
      ),
    },
    {
      id: "to",
      header: t("columns.to"),
      cell: (channel) => (
        <span className="flex flex-col">
          <span>{t(`kinds.${channel.kind}`)}</span>
          <span className="max-w-80 truncate text-xs text-muted max-sm:max-w-28">
            {destinationOf(channel)}
          </span>
        </span>
      ),
    },
    {
      id: "events",
      header: t("columns.events"),
      secondary: true,
      cell: (channel) => <Wanted channel={channel} />,
    },
    { id: "health", header: t("columns.health"), cell: (channel) => <Health channel={channel} /> },
    {
      ...actionsColumn(t("columns.actions")),
      cell: (channel) => (
        <span className="inline-flex items-center gap-1">
          {mayManage && (
            <Button
              size="sm"
              disabled={!channel.enabled}
              busy={test.isPending && test.variables.name === channel.name}
              onClick={() => test.mutate({ name: channel.name })}
            >
              {t("test")}
            </Button>
          )}
          {mayManage && (
            <Menu
              trigger={<IconButton size="sm" icon="more" label={t("actionsOf", { name: channel.name })} />}
              groups={[
                [
                  { label: t("edit"), icon: "edit", onSelect: () => onEdit(channel) },
                  {
                    label: channel.enabled ? t("switchOff") : t("switchOn"),
                    icon: channel.enabled ? "pause" : "play",
                    onSelect: () => change.mutate({ name: channel.name, enabled: !channel.enabled }),
                  },
                ],
                removal.itemsOf(channel.name),
              ]}
            />
          )}
        </span>
      ),
    },
  ];
  return (
    <>
      <Table label={t("channels")} columns={columns} rows={channels} rowKey={({ name }) => name} />
      {removal.dialog}
    </>
  );
}

function destinationOf({ settings }: Channel): string {
  if ("to" in settings && Array.isArray(settings.to)) return settings.to.join(", ");
  return "url" in settings ? String(settings.url) : "";
}

function Wanted({ channel: { subscriptions } }: { readonly channel: Channel }) {
  const t = useTranslations("notifications");
  if (subscriptions.length === 0) return <span className="text-muted">{t("nothing")}</span>;
  return subscriptions.map(({ events, groups }) => (
    <span key={`${events.join()} ${groups.join()}`} className="block text-xs text-muted">
      {events.length === 0 ? t("allEvents") : t("someEvents", { count: events.length })}
      {groups.length > 0 && ` · ${groups.join(", ")}`}
    </span>
  ));
}

function Health({ channel: { health } }: { readonly channel: Channel }) {
  const t = useTranslations("notifications");
  const tone =
    health.failure !== undefined ? "bad" : health.dead > 0 ? "warn" : health.lastSentAt ? "ok" : "neutral";
  return (
    <span className="flex flex-col text-xs">
      <StatusDot tone={tone}>
        {health.failure !== undefined ? t("failing") : health.lastSentAt ? t("sending") : t("unused")}
        {health.lastSentAt && <RelativeTime at={health.lastSentAt} />}
      </StatusDot>
      {health.failure !== undefined && (
        <span className="max-w-80 truncate text-muted" title={health.failure}>
          {health.failure}
        </span>
      )}
      {(health.waiting > 0 || health.dead > 0) && (
        <span className="text-muted">{t("counts", { waiting: health.waiting, dead: health.dead })}</span>
      )}
    </span>
  );
}
