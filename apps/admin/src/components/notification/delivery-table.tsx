"use client";

import type { Delivery, DeliveryState } from "@sluice/config/contract";
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { actionsColumn } from "../ui/actions-column.tsx";
import { StatusDot, type Tone } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Select } from "../ui/input.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { useRefusalToast } from "../ui/use-refusal-toast.ts";

const TONES: Readonly<Record<DeliveryState, Tone>> = { waiting: "info", sent: "ok", dead: "bad" };
const STATES = ["waiting", "sent", "dead"] as const;

/** Messages, newest first; what was given up can be sent again. */
export function DeliveryTable() {
  const t = useTranslations("notifications");
  const refusalToast = useRefusalToast();
  const trpc = useTRPC();
  const mayManage = useMay()("notification.manage");
  const [state, setState] = useState<DeliveryState>();
  const deliveries = useQuery({
    ...trpc.notification.deliveries.queryOptions(state === undefined ? {} : { state }),
    placeholderData: keepPreviousData,
  });
  const resend = useMutation(
    trpc.notification.resend.mutationOptions({
      onError: refusalToast,
    }),
  );
  const columns: readonly Column<Delivery>[] = [
    {
      id: "message",
      header: t("columns.message"),
      cell: ({ message }) => (
        <span className="flex flex-col">
          <span>{message.title}</span>
          <span className="max-w-96 truncate max-sm:max-w-44 max-sm:whitespace-normal text-xs text-muted">
            {message.lines.join(" · ")}
          </span>
        </span>
      ),
    },
    {
      id: "channel",
      header: t("columns.channel"),
      className: "whitespace-nowrap",
      cell: ({ channel }) => channel,
    },
    {
      id: "state",
      header: t("columns.state"),
      cell: (delivery) => (
        <span className="flex flex-col text-xs">
          <StatusDot tone={TONES[delivery.state]}>{t(`states.${delivery.state}`)}</StatusDot>
          <span className="max-w-52 truncate text-muted" title={delivery.outcome}>
            {delivery.outcome}
          </span>
          {delivery.state === "waiting" && delivery.attempts > 0 && (
            <span className="text-muted">
              {t("nextTry", { attempts: delivery.attempts })} <RelativeTime at={delivery.dueAt} ahead />
            </span>
          )}
        </span>
      ),
    },
    {
      id: "at",
      header: t("columns.at"),
      align: "right",
      secondary: true,
      cell: ({ createdAt }) => <RelativeTime at={createdAt} />,
    },
    {
      ...actionsColumn(t("columns.actions")),
      cell: (delivery) =>
        mayManage &&
        delivery.state === "dead" && (
          <Button
            size="sm"
            busy={resend.isPending && resend.variables.id === delivery.id}
            onClick={() => resend.mutate({ id: delivery.id })}
          >
            {t("sendAgain")}
          </Button>
        ),
    },
  ];
  return (
    <section aria-label={t("messages")}>
      <div className="flex items-center justify-between gap-4 px-6 pb-1 max-sm:px-4">
        <h2 className="text-sm font-semibold">{t("messages")}</h2>
        <Select
          aria-label={t("columns.state")}
          className="max-w-40"
          value={state ?? ""}
          onChange={(event) => setState(STATES.find((one) => one === event.target.value))}
        >
          <option value="">{t("allStates")}</option>
          {STATES.map((one) => (
            <option key={one} value={one}>
              {t(`states.${one}`)}
            </option>
          ))}
        </Select>
      </div>
      {deliveries.data === undefined ? (
        <SkeletonRows />
      ) : (
        <Table
          label={t("messages")}
          columns={columns}
          rows={deliveries.data}
          rowKey={({ id }) => id}
          empty={<p className="px-6 py-3 text-sm text-muted max-sm:px-4">{t("noMessages")}</p>}
        />
      )}
    </section>
  );
}
