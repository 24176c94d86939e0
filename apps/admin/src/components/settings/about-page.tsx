"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import type { About, Licence } from "../../server/about/about.ts";
import { FormSection } from "../form/form-section.tsx";
import { StatusDot, type Tone } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { QueryProblem } from "../ui/query-problem.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { Table } from "../ui/table.tsx";
import { SettingsTabs } from "./settings-tabs.tsx";

type PartState = About["health"]["parts"]["pages"]["state"];
const TONES: Readonly<Record<PartState, Tone>> = {
  ready: "ok",
  "not ready": "bad",
  "not configured": "neutral",
};
const STATE_KEYS = { ready: "ready", "not ready": "notReady", "not configured": "notConfigured" } as const;
const VERSIONS = ["sluice", "node", "postgres", "envoyApi"] as const;
const PARTS = ["pages", "postgres", "xds", "node"] as const;

/** What runs here, and how each part of it is. */
export function AboutPage() {
  const t = useTranslations("settings.about");
  const trpc = useTRPC();
  const about = useQuery(trpc.settings.about.queryOptions(undefined, { refetchInterval: 5_000 }));
  return (
    <SettingsTabs>
      <div className="pt-6 empty:hidden">
        <QueryProblem query={about} />
      </div>
      {about.isPending && <SkeletonRows bare rows={4} />}
      {about.data && (
        <>
          <FormSection title={t("versions")} description={t("versionsHint")}>
            <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-1.5 text-sm">
              {VERSIONS.map((name) => (
                <div key={name} className="contents">
                  <dt className="text-muted">{t(`of.${name}`)}</dt>
                  <dd className="tabular">{about.data.versions[name]}</dd>
                </div>
              ))}
              <dt className="text-muted">{t("running")}</dt>
              <dd>
                <RelativeTime at={about.data.startedAt} />
              </dd>
            </dl>
          </FormSection>
          <FormSection title={t("health")} description={t("healthHint")}>
            <ul className="flex flex-col gap-2 text-sm">
              {PARTS.map((part) => {
                const { state, reason } = about.data.health.parts[part];
                return (
                  <li key={part} className="flex flex-wrap items-baseline gap-x-3">
                    <span className="w-40 text-muted">{t(`parts.${part}`)}</span>
                    <StatusDot tone={TONES[state]}>{t(`states.${STATE_KEYS[state]}`)}</StatusDot>
                    {reason !== "" && <span className="text-xs break-words text-bad">{reason}</span>}
                  </li>
                );
              })}
            </ul>
          </FormSection>
        </>
      )}
      <FormSection title={t("licences")} description={t("licencesHint")}>
        <Licences />
      </FormSection>
    </SettingsTabs>
  );
}

/** Only read when asked for: it is a long list. */
function Licences() {
  const t = useTranslations("settings.about");
  const trpc = useTRPC();
  const [shown, setShown] = useState(false);
  const licences = useQuery(trpc.settings.licences.queryOptions(undefined, { enabled: shown }));
  if (!shown)
    return (
      <div>
        <Button onClick={() => setShown(true)}>{t("showLicences")}</Button>
      </div>
    );
  if (licences.isPending) return <SkeletonRows bare rows={3} />;
  return (
    <Table<Licence>
      framed
      label={t("licences")}
      rows={licences.data ?? []}
      rowKey={({ name, version }) => `${name} ${version}`}
      empty={<p className="py-3 text-sm text-muted">{t("noLicences")}</p>}
      columns={[
        { id: "name", header: t("package"), cell: ({ name }) => name },
        { id: "version", header: t("version"), cell: ({ version }) => version },
        { id: "licence", header: t("licence"), cell: ({ licence }) => licence },
      ]}
    />
  );
}
