"use client";

import type { NodeOrder, OrderState } from "@sluice/config/contract";
import { useTranslations } from "use-intl";
import { StatusDot, type Tone } from "../ui/badge.tsx";

const TONES: Readonly<Record<OrderState, Tone>> = {
  asked: "neutral",
  taken: "info",
  done: "ok",
  refused: "bad",
  expired: "warn",
};

/** How far an order is; never "done" before the node has said so. */
export function OrderStateLine({ order }: { readonly order: NodeOrder }) {
  const t = useTranslations("nodes.orders");
  const unknown =
    order.state === "expired" ? (order.takenAt === undefined ? "notBrought" : "unknown") : undefined;
  return (
    <p role="status" className="flex flex-wrap items-center gap-x-2 text-sm">
      <span>{t(`actions.${order.action}`)}</span>
      <StatusDot tone={TONES[order.state]} pulse={order.state === "asked" || order.state === "taken"}>
        <span className="text-xs">{t(`states.${order.state}`)}</span>
      </StatusDot>
      {order.reason !== undefined && <span className="text-xs break-words text-bad">{order.reason}</span>}
      {unknown !== undefined && <span className="text-xs text-muted">{t(unknown)}</span>}
    </p>
  );
}
