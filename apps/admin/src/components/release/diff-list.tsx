"use client";

import dynamic from "next/dynamic";
import Link from "next/link";
import { type ReactNode, useState } from "react";
import { useTranslations } from "use-intl";
import type { ResourceDiff } from "../resource/config-types.ts";
import { resourceHref } from "../resource/resource-href.ts";
import { Badge, type Tone } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { classes } from "../ui/classes.ts";
import { Icon } from "../ui/icon.tsx";
import { PathText } from "../ui/path-text.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { showValue } from "./show-value.ts";

const YamlCompare = dynamic(() => import("../yaml/yaml-compare.tsx").then((module) => module.YamlCompare), {
  ssr: false,
  loading: () => <SkeletonRows bare />,
});

export const CHANGE_TONES: Readonly<Record<ResourceDiff["change"], Tone>> = {
  added: "ok",
  removed: "bad",
  modified: "info",
};
const FIELDS_SHOWN = 12;
/** A configuration may have tens of thousands of resources. */
const CARDS_SHOWN = 100;
const CARDS_MORE = 400;

export interface DiffListProps {
  readonly diffs: readonly ResourceDiff[];
  /** Where `diffs` are only the first: how many there are, and what asks for more of them. */
  readonly total?: number;
  /** How many are shown at first; default 100. */
  readonly first?: number;
  readonly onMore?: (wanted: number) => void;
  /** What the two sides are called. */
  readonly beforeLabel: string;
  readonly afterLabel: string;
  /** Names lead to the draft's resources. */
  readonly linked?: boolean;
  /** What can be done with a change as a whole, or with one of its fields (`path`). */
  readonly action?: (diff: ResourceDiff, path?: string) => ReactNode;
}

/** What changed, resource by resource: fields in words first, the two texts side by side on request. */
export function DiffList({
  diffs,
  total = diffs.length,
  first = CARDS_SHOWN,
  onMore,
  beforeLabel,
  afterLabel,
  linked = false,
  action,
}: DiffListProps) {
  const t = useTranslations("release");
  const [shown, setShown] = useState(first);
  return (
    <div className="flex flex-col gap-3">
      <ul className="flex flex-col gap-3">
        {diffs.slice(0, shown).map((diff) => (
          <DiffCard
            key={`${diff.kind}/${diff.name}`}
            diff={diff}
            beforeLabel={beforeLabel}
            afterLabel={afterLabel}
            linked={linked}
            action={action}
          />
        ))}
      </ul>
      {total > shown && (
        <div className="text-center">
          <Button
            onClick={() => {
              setShown(shown + CARDS_MORE);
              onMore?.(shown + CARDS_MORE);
            }}
          >
            {t("moreResources", { count: total - shown })}
          </Button>
        </div>
      )}
    </div>
  );
}

function DiffCard({
  diff,
  beforeLabel,
  afterLabel,
  linked,
  action,
}: {
  readonly diff: ResourceDiff;
  readonly beforeLabel: string;
  readonly afterLabel: string;
  readonly linked: boolean;
  readonly action: DiffListProps["action"];
}) {
  const t = useTranslations("release");
  const kinds = useTranslations("config.kinds");
  const [yaml, setYaml] = useState(false);
  const [all, setAll] = useState(false);
  const perField = action !== undefined && diff.fields.length > 1;
  const fields = all ? diff.fields : diff.fields.slice(0, FIELDS_SHOWN);
  return (
    <li className="overflow-hidden rounded-lg border border-line">
      <div
        className={classes(
          "flex flex-wrap items-center gap-2 bg-canvas px-3 py-2",
          (yaml || fields.length > 0) && "border-b border-line",
        )}
      >
        <Icon name={diff.kind} className="text-faint" />
        <span className="text-xs text-muted">{kinds(`${diff.kind}.one`)}</span>
        {linked && diff.change !== "removed" ? (
          <Link href={resourceHref(diff)} className="font-medium hover:underline">
            {diff.name}
          </Link>
        ) : (
          <span className="font-medium">{diff.name}</span>
        )}
        <Badge tone={CHANGE_TONES[diff.change]}>{t(`change.${diff.change}`)}</Badge>
        <span className="flex-1" />
        {action?.(diff)}
        <Button size="sm" tone="quiet" aria-expanded={yaml} onClick={() => setYaml(!yaml)}>
          {t(yaml ? "hideYaml" : "showYaml")}
        </Button>
      </div>
      {!yaml && fields.length > 0 && (
        <table
          className="w-full table-fixed text-sm max-sm:block"
          aria-label={t("fieldsOf", { name: diff.name })}
        >
          {/* The widths: the head, which a fixed layout would take them from, is for screen readers. */}
          <colgroup className="max-sm:hidden">
            <col className="w-1/2 max-xl:w-1/3" />
            <col />
            <col />
            {perField && <col className="w-28" />}
          </colgroup>
          <thead className="sr-only">
            <tr>
              <th scope="col">{t("field")}</th>
              <th scope="col">{beforeLabel}</th>
              <th scope="col">{afterLabel}</th>
            </tr>
          </thead>
          <tbody className="max-sm:block">
            {fields.map((field) => (
              <tr
                key={field.path}
                className="border-b border-line align-top last:border-b-0 max-sm:grid max-sm:grid-cols-2"
              >
                <th scope="row" className="max-sm:col-span-2 px-3 py-1.5 text-left font-normal">
                  <code className="font-mono text-xs wrap-anywhere text-muted">
                    <PathText path={field.path} />
                  </code>
                </th>
                <td className="px-3 py-1.5">
                  <Value value={field.before} tone="bad" sign="−" />
                </td>
                <td className="px-3 py-1.5">
                  <Value value={field.after} tone="ok" sign="+" />
                </td>
                {perField && (
                  <td className="px-1.5 py-0.5 text-right max-sm:col-span-2">{action?.(diff, field.path)}</td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {!yaml && diff.fields.length > fields.length && (
        <div className="border-t border-line px-3 py-1.5">
          <Button size="sm" tone="quiet" onClick={() => setAll(true)}>
            {t("moreFields", { count: diff.fields.length - fields.length })}
          </Button>
        </div>
      )}
      {yaml && (
        <div className="p-3">
          <YamlCompare
            before={diff.beforeYaml ?? ""}
            after={diff.afterYaml ?? ""}
            beforeLabel={beforeLabel}
            afterLabel={afterLabel}
          />
        </div>
      )}
    </li>
  );
}

function Value({
  value,
  tone,
  sign,
}: {
  readonly value: unknown;
  readonly tone: "ok" | "bad";
  readonly sign: string;
}) {
  if (value === undefined) return <span className="text-faint">–</span>;
  return (
    <span
      className={classes(
        "flex gap-1.5 font-mono text-xs wrap-anywhere",
        tone === "ok" ? "text-ok" : "text-bad",
      )}
    >
      <span aria-hidden="true">{sign}</span>
      <span className="min-w-0 whitespace-pre-wrap">{showValue(value)}</span>
    </span>
  );
}
