"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { DiffList } from "../release/diff-list.tsx";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Select } from "../ui/input.tsx";
import { Notice } from "../ui/notice.tsx";
import { QueryProblem } from "../ui/query-problem.tsx";
import { RefusalNotice } from "../ui/refusal-notice.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { OrderStateLine } from "./order-state.tsx";
import { useOrder } from "./use-order.ts";

/** What a node really has, held against a version. */
export function NodeCompare({
  node,
  targetVersion,
}: {
  readonly node: string;
  readonly targetVersion: number | undefined;
}) {
  const t = useTranslations("nodes.compare");
  const trpc = useTRPC();
  const versions = useQuery(trpc.version.list.queryOptions({ limit: 50 }));
  const [chosen, setChosen] = useState(targetVersion);
  if (chosen === undefined) return <p className="px-6 py-8 text-sm text-muted">{t("nothing")}</p>;
  return (
    <div className="flex flex-col gap-3 px-6 pb-10 max-sm:px-4">
      <NodeAgainstVersion node={node} version={chosen}>
        <Field label={t("version")} className="w-72">
          <Select value={chosen} onChange={(event) => setChosen(Number(event.target.value))}>
            {versions.data?.versions.map(({ number, message }) => (
              <option key={number} value={number}>
                {`v${number}${number === targetVersion ? ` · ${t("target")}` : ""} · ${message}`}
              </option>
            ))}
          </Select>
        </Field>
      </NodeAgainstVersion>
    </div>
  );
}

/** Asks the node, and shows what it answered; `offer` where it cannot be asked or does not answer. */
export function NodeAgainstVersion({
  node,
  version,
  children,
  offer,
}: {
  readonly node: string;
  readonly version: number;
  readonly children?: ReactNode;
  readonly offer?: ReactNode;
}) {
  const t = useTranslations("nodes.compare");
  const trpc = useTRPC();
  const { order, underWay, follow } = useOrder();
  const ask = useMutation(trpc.node.compare.mutationOptions({ onSuccess: follow }));
  const { mutate } = ask;
  useEffect(() => mutate({ id: node, version }), [mutate, node, version]);
  const inVain = ask.error !== null || order?.state === "refused" || order?.state === "expired";
  return (
    <>
      <div className="flex flex-wrap items-end gap-3">
        {children}
        <Button
          icon="rollback"
          busy={ask.isPending || underWay}
          onClick={() => mutate({ id: node, version })}
        >
          {t("again")}
        </Button>
      </div>
      <RefusalNotice error={ask.error} />
      {!ask.error && order && order.state !== "done" && <OrderStateLine order={order} />}
      {inVain && offer}
      {underWay && <SkeletonRows bare />}
      {!ask.error && order?.state === "done" && <Comparison order={order.id} />}
    </>
  );
}

function Comparison({ order }: { readonly order: string }) {
  const t = useTranslations("nodes.compare");
  const trpc = useTRPC();
  const comparison = useQuery(trpc.node.comparison.queryOptions({ order }, { retry: false }));
  const { data, error } = comparison;
  if (error) return <QueryProblem query={comparison} />;
  if (data === undefined) return <SkeletonRows bare />;
  const { differences, same, notAskedFor, version, source } = data;
  return (
    <>
      {source === "control_plane" && <Notice tone="info">{t("fromControlPlane")}</Notice>}
      <Notice tone={differences.length === 0 ? "ok" : "warn"}>
        {t(differences.length === 0 ? "same" : "differs", { count: differences.length, same, version })}
        {notAskedFor > 0 && ` ${t("notAskedFor", { count: notAskedFor })}`}
      </Notice>
      <p className="text-xs text-muted">{t("hint")}</p>
      <DiffList diffs={differences} beforeLabel={t("before", { version })} afterLabel={t("after")} />
    </>
  );
}
