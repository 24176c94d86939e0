"use client";

import { useQuery } from "@tanstack/react-query";
import { useRouter, useSearchParams } from "next/navigation";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { NodeAgainstVersion } from "../node/node-compare.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button, LinkButton } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Select } from "../ui/input.tsx";
import { Notice } from "../ui/notice.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { QueryProblem, SubjectProblem } from "../ui/query-problem.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { DiffList } from "./diff-list.tsx";
import { RevertButton } from "./revert-button.tsx";
import { RolloutProgress } from "./rollout-progress.tsx";
import { useRollback } from "./use-rollback.ts";
import { VersionTags } from "./version-tags.tsx";

/** `asked`: what the node says that it has; `node`: what it acknowledged. */
type Source = number | "draft" | { readonly asked: string } | { readonly node: string };

function readSource(text: string | null): Source | undefined {
  if (text === "draft") return text;
  if (text?.startsWith("node:")) return { asked: text.slice("node:".length) };
  if (text?.startsWith("acknowledged:")) return { node: text.slice("acknowledged:".length) };
  return Number(text) || undefined;
}

function sourceText(source: Source | undefined): string {
  if (typeof source !== "object") return String(source ?? "");
  return "asked" in source ? `node:${source.asked}` : `acknowledged:${source.node}`;
}

/** One version: what it changed against its parent or any other, and the way to make it live. */
export function VersionPage({ number }: { readonly number: number }) {
  const t = useTranslations("release");
  const trpc = useTRPC();
  const router = useRouter();
  const may = useMay();
  const rollback = useRollback();
  const asked = readSource(useSearchParams().get("against"));
  const version = useQuery(trpc.version.get.queryOptions({ number }));
  const versions = useQuery(trpc.version.list.queryOptions({ limit: 200 }));
  const live = useQuery(trpc.version.live.queryOptions());
  const rollouts = useQuery(trpc.version.rollouts.queryOptions({ limit: 1 }));
  const nodes = useQuery(trpc.node.list.queryOptions());
  const compareWith = (source: Source): void =>
    router.replace(`/versions/${number}?against=${encodeURIComponent(sourceText(source))}`);
  const chosen = asked ?? version.data?.parent;
  const node = typeof chosen === "object" && "asked" in chosen ? chosen.asked : undefined;
  const against = typeof chosen === "object" && "asked" in chosen ? undefined : chosen;
  // The draft and a node come after the version: what is shown is how they differ from it.
  const later = typeof against === "object" || against === "draft";
  const diff = useQuery({
    ...trpc.history.diff.queryOptions(
      later ? { before: number, after: against } : { before: against ?? number, after: number },
    ),
    enabled: against !== undefined,
  });
  const resources = useQuery({
    ...trpc.version.resources.queryOptions({ number }),
    enabled: version.data !== undefined && chosen === undefined,
  });

  if (version.error)
    return (
      <SubjectProblem
        query={version}
        icon="versions"
        missing={t("noSuchVersion", { number })}
        action={<LinkButton href="/versions">{t("versionsTitle")}</LinkButton>}
      />
    );
  if (!version.data) return <SkeletonRows />;
  const current = rollouts.data?.[0];
  // What is live is undone by going back to what it was made from.
  const target = version.data.live ? version.data.parent : number;
  const ownLabel = t("versionNumber", { number });
  const otherLabel =
    against === undefined
      ? t("nothing")
      : against === "draft"
        ? t("draft")
        : typeof against === "object"
          ? t("nodeAccepted", { node: against.node })
          : t("versionNumber", { number: against });
  const [beforeLabel, afterLabel] = later ? [ownLabel, otherLabel] : [otherLabel, ownLabel];
  // A first version has no parent: everything in it is new.
  const diffs =
    against === undefined
      ? resources.data?.map(({ kind, name, yaml }) => ({
          kind,
          name,
          change: "added" as const,
          beforeYaml: undefined,
          afterYaml: yaml,
          fields: [],
        }))
      : diff.data;
  return (
    <>
      <PageHeader
        title={ownLabel}
        back={{ href: "/versions", label: t("versionsTitle") }}
        marks={version.data.live && <Badge tone="ok">{t("live")}</Badge>}
        description={
          <>
            {version.data.message || t("noMessage")} · {version.data.author} ·{" "}
            <RelativeTime at={version.data.createdAt} />
          </>
        }
        actions={
          may("config.publish") &&
          target !== undefined && (
            <Button
              tone={version.data.live ? "default" : "primary"}
              icon="rollback"
              busy={rollback.pending === target}
              onClick={() => void rollback.start(target, live.data?.number)}
            >
              {t("rollBackTo", { number: target })}
            </Button>
          )
        }
      />
      <div className="flex flex-col gap-4 px-6 pb-8 max-sm:px-4">
        {version.data.live && current?.version === number && (
          <RolloutProgress key={current.id} rollout={current.id} />
        )}
        <VersionTags number={number} tags={version.data.tags} />
        <Field label={t("comparedWith")} className="max-w-96">
          <Select
            value={sourceText(chosen)}
            onChange={(event) => {
              const source = readSource(event.target.value);
              if (source !== undefined) compareWith(source);
            }}
          >
            {chosen === undefined && <option value="">{t("nothing")}</option>}
            <option value="draft">{t("draft")}</option>
            {nodes.data?.map(({ id }) => (
              <option key={id} value={`node:${id}`}>
                {t("nodeHas", { node: id })}
              </option>
            ))}
            {typeof against === "object" && (
              <option value={sourceText(against)}>{t("nodeAccepted", { node: against.node })}</option>
            )}
            {typeof against === "number" &&
              !versions.data?.versions.some((other) => other.number === against) && (
                <option value={against}>{t("versionNumber", { number: against })}</option>
              )}
            {versions.data?.versions
              .filter((other) => other.number !== number)
              .map((other) => (
                <option key={other.number} value={other.number}>
                  {other.number} · {other.message.slice(0, 60) || t("noMessage")}
                  {other.live ? ` (${t("live")})` : ""}
                </option>
              ))}
          </Select>
        </Field>
        <QueryProblem query={diff} />
        {node !== undefined ? (
          <NodeAgainstVersion
            node={node}
            version={number}
            offer={
              <div>
                <Button onClick={() => compareWith({ node })}>{t("compareAccepted")}</Button>
              </div>
            }
          />
        ) : diffs === undefined ? (
          <SkeletonRows bare />
        ) : diffs.length === 0 ? (
          <Notice tone="info">{t("noDifference")}</Notice>
        ) : (
          <DiffList
            diffs={diffs}
            beforeLabel={beforeLabel}
            afterLabel={afterLabel}
            {...(!may("config.edit") || later
              ? {}
              : {
                  action: ({ kind, name }, path) => (
                    <RevertButton
                      kind={kind}
                      name={name}
                      from={number}
                      to={typeof against === "number" ? against : 0}
                      {...(path === undefined ? {} : { path })}
                    />
                  ),
                })}
          />
        )}
      </div>
    </>
  );
}
