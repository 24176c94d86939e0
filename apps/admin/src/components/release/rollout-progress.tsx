"use client";

import { useQuery } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import Link from "next/link";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import type { RolloutStatus } from "../resource/config-types.ts";
import { Badge, StatusDot, type Tone } from "../ui/badge.tsx";
import { classes } from "../ui/classes.ts";
import { Icon } from "../ui/icon.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";

type Node = RolloutStatus["nodes"][number];
type Sync = Node["sync"];

const TONES: Readonly<Record<RolloutStatus["state"], Tone>> = {
  waiting: "info",
  effective: "ok",
  refused: "bad",
  superseded: "neutral",
  no_nodes: "warn",
  paused: "warn",
  reverting: "warn",
  reverted: "bad",
  aborted: "neutral",
};
const NODE_TONES: Readonly<Record<Sync, Tone>> = {
  pending: "neutral",
  sent: "info",
  acknowledged: "info",
  effective: "ok",
  refused: "bad",
  disconnected: "neutral",
};
const STEPS: readonly Sync[] = ["sent", "acknowledged", "effective"];

/** How far a rollout is on each node, as the nodes themselves say; moves by itself. */
export function RolloutProgress({ rollout }: { readonly rollout: number }) {
  const t = useTranslations("release.rollout");
  const trpc = useTRPC();
  // The first state comes with the page's other answers, every later one by itself.
  const first = useQuery(trpc.version.rolloutStatus.queryOptions({ rollout }));
  const { data: event } = useSubscription(trpc.version.watchRollout.subscriptionOptions({ rollout }));
  const status = event?.data ?? first.data;
  if (!status)
    return (
      <p className="text-sm text-muted" role="status">
        {t("loading")}
      </p>
    );
  const { nodes, connected, effective, state } = status;
  return (
    <section aria-label={t("title")} className="overflow-hidden rounded-lg border border-line">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 bg-canvas px-3 py-2">
        <span role="status" className="font-medium">
          <StatusDot tone={TONES[state]} pulse={state === "waiting"}>
            {t(`states.${state}`, { effective, connected, version: status.rollout.version })}
          </StatusDot>
        </span>
        <span className="text-xs text-muted">
          {t(`kinds.${status.rollout.kind}`, { author: status.rollout.author })} ·{" "}
          <RelativeTime at={status.rollout.createdAt} />
        </span>
        <Link
          href={`/rollouts/${status.rollout.id}`}
          className="ml-auto text-xs text-muted hover:text-ink hover:underline"
        >
          {t("open")}
        </Link>
      </div>
      {nodes.length > 0 && (
        <ul>
          {nodes.map((node) => (
            <NodeRow key={node.id} node={node} />
          ))}
        </ul>
      )}
    </section>
  );
}

function NodeRow({ node }: { readonly node: Node }) {
  const t = useTranslations("release.rollout");
  const kinds = useTranslations("config.kinds");
  const refusals = node.behind.filter((behind) => behind.message);
  return (
    <li className="border-t border-line px-3 py-2">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <Link href={`/nodes/${encodeURIComponent(node.id)}`} className="min-w-40 font-medium hover:underline">
          {node.id}
        </Link>
        {node.sync === "disconnected" || node.sync === "refused" ? (
          <StatusDot tone={NODE_TONES[node.sync]}>{t(`sync.${node.sync}`)}</StatusDot>
        ) : (
          <Steps sync={node.sync} />
        )}
        {refusals.length === 0 && node.behind.length > 0 && node.sync !== "effective" && (
          <span className="text-xs text-faint">
            {t("waitingFor", {
              kinds: node.behind.map((behind) => kinds(`${behind.kind}.title`)).join(", "),
            })}
          </span>
        )}
      </div>
      {refusals.map((behind) => (
        <div key={behind.kind} className="mt-1 flex items-start gap-2 text-sm">
          <Badge tone="bad">{kinds(`${behind.kind}.title`)}</Badge>
          <code className="min-w-0 font-mono text-xs break-words whitespace-pre-wrap text-bad">
            {behind.message}
          </code>
        </div>
      ))}
    </li>
  );
}

/** Sent → acknowledged → effective, with what is reached marked. */
function Steps({ sync }: { readonly sync: Sync }) {
  const t = useTranslations("release.rollout");
  const reached = STEPS.indexOf(sync);
  return (
    <ol className="flex items-center gap-1.5 text-xs">
      {STEPS.map((step, index) => {
        const done = index <= reached;
        return (
          <li
            key={step}
            className={classes("flex items-center gap-1.5", done ? "text-ok" : "text-faint")}
            aria-current={step === sync ? "step" : undefined}
          >
            {index > 0 && <Icon name="arrowRight" size={12} className="text-faint" />}
            <Icon name={done ? "ok" : "pending"} size={14} />
            {t(`sync.${step}`)}
            <span className="sr-only">{t(done ? "done" : "notYet")}</span>
          </li>
        );
      })}
    </ol>
  );
}
