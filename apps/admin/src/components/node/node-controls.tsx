"use client";

import { NODE_LOG_LEVELS, type NodeChannel, type NodeLogLevel, type NodeState } from "@sluice/config/browser";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { Badge, StatusDot } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Select } from "../ui/input.tsx";
import { RefusalNotice } from "../ui/refusal-notice.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { TypeNameDialog } from "../ui/type-name-dialog.tsx";
import { NoChannel } from "./no-channel.tsx";
import { OrderStateLine } from "./order-state.tsx";
import { useOrder } from "./use-order.ts";

/** Draining, resuming and the log level of one node, with how it is and what it answered. */
export function NodeControls({ node }: { readonly node: NodeState }) {
  const t = useTranslations("nodes.controls");
  if (!node.connected) return null;
  return (
    <section aria-label={t("title")} className="px-6 max-sm:px-4">
      <h2 className="pb-2 text-sm font-semibold">{t("title")}</h2>
      {node.channel === undefined ? (
        <NoChannel product={node.product} />
      ) : (
        <Controls node={node} channel={node.channel} />
      )}
    </section>
  );
}

function Controls({ node, channel }: { readonly node: NodeState; readonly channel: NodeChannel }) {
  const t = useTranslations("nodes.controls");
  const trpc = useTRPC();
  const may = useMay();
  const { order, underWay, follow } = useOrder();
  const [closing, setClosing] = useState(false);
  const asked = { onSuccess: follow };
  const drain = useMutation(trpc.node.drain.mutationOptions(asked));
  const resume = useMutation(trpc.node.resume.mutationOptions(asked));
  const setLevel = useMutation(trpc.node.setLogLevel.mutationOptions(asked));
  const busy = underWay || drain.isPending || resume.isPending || setLevel.isPending;
  const failure = drain.error ?? resume.error ?? setLevel.error;
  const { status } = channel;
  const { id } = node;
  const start = (ask: () => void): void => {
    for (const mutation of [drain, resume, setLevel]) mutation.reset();
    ask();
  };
  return (
    <div className="flex max-w-3xl flex-col gap-3">
      <TrafficState channel={channel} />
      {may("node.operate", node) && (
        <div className="flex flex-wrap items-end gap-3">
          {status.healthCheckFailed && !status.listenersStopped ? (
            <Button icon="play" busy={busy} onClick={() => start(() => resume.mutate({ id }))}>
              {t("resume")}
            </Button>
          ) : (
            <Button
              icon="pause"
              busy={busy}
              disabled={status.listenersStopped}
              onClick={() => start(() => drain.mutate({ id }))}
            >
              {t("drain")}
            </Button>
          )}
          <Button
            tone="danger"
            busy={busy}
            disabled={status.listenersStopped}
            onClick={() => start(() => setClosing(true))}
          >
            {t("closeListeners")}
          </Button>
          <Field label={t("logLevel")}>
            <Select
              value={status.logLevel}
              disabled={busy}
              onChange={(event) =>
                start(() => setLevel.mutate({ id, level: asLevel(event.target.value) ?? "info" }))
              }
            >
              {NODE_LOG_LEVELS.map((level) => (
                <option key={level} value={level}>
                  {level}
                </option>
              ))}
            </Select>
          </Field>
        </div>
      )}
      <p className="text-xs text-muted">{t("hint")}</p>
      {!closing && <RefusalNotice error={failure} />}
      {order && <OrderStateLine order={order} />}
      <TypeNameDialog
        name={closing ? id : undefined}
        title={t("closeListeners")}
        hint={t("closeHint")}
        action={t("closeListeners")}
        busy={drain.isPending}
        error={failure}
        onConfirm={() => drain.mutate({ id, closeListeners: true }, { onSuccess: () => setClosing(false) })}
        onClose={() => setClosing(false)}
      />
    </div>
  );
}

function TrafficState({ channel: { status, since } }: { readonly channel: NodeChannel }) {
  const t = useTranslations("nodes.controls");
  const drains = status.healthCheckFailed || status.listenersStopped;
  const state = status.listenersStopped
    ? "stopped"
    : drains
      ? "draining"
      : status.state === "LIVE"
        ? "live"
        : "starting";
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-sm">
      <StatusDot
        tone={state === "live" ? "ok" : state === "stopped" ? "bad" : "warn"}
        pulse={state === "draining"}
      >
        {t(`states.${state}`)}
      </StatusDot>
      {drains && <span className="tabular">{t("connections", { count: status.connections })}</span>}
      <span className="text-muted">
        {t("started")} <RelativeTime at={new Date(status.startedAt)} />
      </span>
      <span className="text-muted">
        {t("channelSince")} <RelativeTime at={since} />
      </span>
      <span className="text-muted">
        {t("logLevel")} <Badge>{status.logLevel}</Badge>
      </span>
    </div>
  );
}

function asLevel(text: string): NodeLogLevel | undefined {
  return NODE_LOG_LEVELS.find((level) => level === text);
}
