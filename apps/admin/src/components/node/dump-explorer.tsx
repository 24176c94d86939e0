"use client";

import type { DumpEntry, NodeOrder } from "@sluice/config/contract";
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { useDeferredValue, useEffect, useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { Button } from "../ui/button.tsx";
import { CodeBlock } from "../ui/copy-button.tsx";
import { SearchInput } from "../ui/input.tsx";
import { Notice } from "../ui/notice.tsx";
import { QueryProblem } from "../ui/query-problem.tsx";
import { RefusalNotice } from "../ui/refusal-notice.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { DumpTree } from "./dump-tree.tsx";
import { OrderStateLine } from "./order-state.tsx";
import { useOrder } from "./use-order.ts";

/** What a node runs, as it says itself: by kind of resource, searched, each as YAML. */
export function DumpExplorer({ node }: { readonly node: string }) {
  const t = useTranslations("nodes.dump");
  const trpc = useTRPC();
  const { order, underWay, follow } = useOrder();
  const ask = useMutation(trpc.node.dump.mutationOptions({ onSuccess: follow }));
  const { mutate } = ask;
  // Once, when the page opens.
  useEffect(() => mutate({ id: node, includeEds: true }), [mutate, node]);
  return (
    <div className="flex flex-col gap-3 px-6 pb-10 max-sm:px-4">
      <div className="flex flex-wrap items-center gap-3">
        <Button
          icon="rollback"
          busy={ask.isPending || underWay}
          onClick={() => ask.mutate({ id: node, includeEds: true })}
        >
          {t("again")}
        </Button>
        {order?.state === "done" ? (
          <p className="text-xs text-muted" role="status">
            {t("asOf")} <RelativeTime at={order.settledAt ?? order.askedAt} />
          </p>
        ) : (
          order && <OrderStateLine order={order} />
        )}
      </div>
      <RefusalNotice error={ask.error} />
      {underWay && <SkeletonRows bare />}
      {order?.state === "done" && <Dump key={order.id} order={order} />}
    </div>
  );
}

function Dump({ order }: { readonly order: NodeOrder }) {
  const t = useTranslations("nodes.dump");
  const trpc = useTRPC();
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState<DumpEntry>();
  const searched = useDeferredValue(text);
  const outline = useQuery(
    trpc.node.dumpOutline.queryOptions(
      { order: order.id, text: searched },
      { placeholderData: keepPreviousData, retry: false },
    ),
  );
  if (outline.error) return <QueryProblem query={outline} />;
  if (outline.data === undefined) return <SkeletonRows bare />;
  const { source, entries, found } = outline.data;
  return (
    <>
      {source === "control_plane" && <Notice tone="info">{t("fromControlPlane")}</Notice>}
      <div className="grid gap-4 lg:grid-cols-[minmax(260px,360px)_minmax(0,1fr)]">
        <div className="flex min-w-0 flex-col gap-2">
          <SearchInput label={t("search")} value={text} onChange={(event) => setText(event.target.value)} />
          <p className="text-xs text-muted" role="status">
            {t("found", { count: found, shown: entries.length })}
          </p>
          <DumpTree entries={entries} chosen={chosen?.index} onChoose={setChosen} open={searched !== ""} />
        </div>
        <div className="min-w-0">
          {chosen === undefined ? (
            <p className="py-8 text-center text-sm text-muted">{t("choose")}</p>
          ) : (
            <Entry order={order.id} entry={chosen} />
          )}
        </div>
      </div>
    </>
  );
}

function Entry({ order, entry }: { readonly order: string; readonly entry: DumpEntry }) {
  const t = useTranslations("nodes.dump");
  const trpc = useTRPC();
  const whole = useQuery(
    trpc.node.dumpEntry.queryOptions({ order, index: entry.index }, { retry: false, staleTime: Infinity }),
  );
  return (
    <article aria-label={entry.name} className="flex flex-col gap-2">
      <h2 className="text-sm font-semibold wrap-anywhere">{entry.name === "" ? entry.list : entry.name}</h2>
      <p className="flex flex-wrap gap-x-4 text-xs text-muted">
        <span>{entry.list}</span>
        {entry.version !== "" && (
          <span>
            {t("version")} <code className="font-mono">{entry.version}</code>
          </span>
        )}
        {entry.lastUpdated !== "" && (
          <span>
            {t("updated")} <RelativeTime at={new Date(entry.lastUpdated)} />
          </span>
        )}
      </p>
      {entry.state === "refused" && (
        <Notice tone="bad" title={t("refused")}>
          <span className="font-mono text-xs wrap-anywhere">{entry.refusal}</span>
        </Notice>
      )}
      <QueryProblem query={whole} />
      {whole.data && <CodeBlock code={whole.data.yaml} label={t("yamlOf", { name: entry.name })} tall />}
      {whole.isPending && <SkeletonRows bare />}
    </article>
  );
}
