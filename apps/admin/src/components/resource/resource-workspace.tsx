"use client";

import { useRouter, useSearchParams } from "next/navigation";
import { useEffect, useState } from "react";
import { useTranslations } from "use-intl";
import { editNeed, useMay } from "../../client/session.tsx";
import { Badge } from "../ui/badge.tsx";
import { Notice } from "../ui/notice.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { Tabs } from "../ui/tabs.tsx";
import type { DraftResource, ResourceKind } from "./config-types.ts";
import { ConflictNotice } from "./conflict-notice.tsx";
import { FormView } from "./form-view.tsx";
import { HistoryView } from "./history-view.tsx";
import { ResourceActions } from "./resource-actions.tsx";
import { ResourceFigures } from "./resource-figures.tsx";
import { ChangeBadge } from "./resource-list.tsx";
import { SaveStateBadge } from "./save-state-badge.tsx";
import { useDraftSession } from "./use-draft-session.ts";
import { UsedByView } from "./used-by-view.tsx";
import { YamlView } from "./yaml-view.tsx";

const FORM_KINDS: readonly ResourceKind[] = ["clusters", "routes", "listeners"];

/** Form and YAML of one draft, who uses it, and what happened to it. */
export function ResourceWorkspace({
  kind,
  resource,
}: {
  readonly kind: ResourceKind;
  readonly resource: DraftResource;
}) {
  const t = useTranslations("config");
  const router = useRouter();
  const may = useMay();
  const at = useSearchParams().get("at") ?? undefined;
  const hasForm = FORM_KINDS.includes(kind);
  const [tab, setTab] = useState(hasForm ? "form" : "yaml");
  const [draft, session] = useDraftSession(kind, resource);
  const readOnly = !may(...editNeed(kind));
  const errors = draft.problems.filter((problem) => problem.severity === "error").length;

  useEffect(() => {
    const path = `/${kind}/${encodeURIComponent(draft.name)}`;
    // Renamed in its text: the address follows, without losing the cursor.
    if (window.location.pathname !== path && resource.name !== draft.name)
      window.history.replaceState(null, "", path);
  }, [kind, draft.name, resource.name]);

  return (
    <>
      <PageHeader
        title={draft.name}
        back={{ href: `/${kind}`, label: t(`kinds.${kind}.title`) }}
        marks={
          <>
            <ChangeBadge change={draft.change} />
            <SaveStateBadge draft={draft} />
          </>
        }
        actions={
          !readOnly && (
            <ResourceActions
              kind={kind}
              draft={draft}
              session={session}
              onGone={() => router.push(`/${kind}`)}
            />
          )
        }
      />
      <ResourceFigures resource={resource} />
      {draft.state === "conflict" && draft.theirs && (
        <ConflictNotice
          mine={draft.text}
          theirs={draft.theirs}
          conflicts={draft.conflicts}
          onResolve={(choice) => session.resolve(choice)}
          onResolveFields={(mine) => session.resolveFields(mine)}
        />
      )}
      {draft.mergedWith !== undefined && (
        <div className="px-6 pb-4 max-sm:px-4">
          <Notice tone="info">{t("conflict.merged", { by: draft.mergedWith })}</Notice>
        </div>
      )}
      <Tabs
        label={t("views")}
        value={tab}
        onChange={setTab}
        items={[
          ...(hasForm
            ? [
                {
                  id: "form",
                  label: t("tabs.form"),
                  badge: errors > 0 && <Badge tone="bad">{errors}</Badge>,
                  content: (
                    <FormView
                      kind={kind}
                      draft={draft}
                      session={session}
                      readOnly={readOnly}
                      onShowYaml={() => setTab("yaml")}
                      at={at}
                    />
                  ),
                },
              ]
            : []),
          {
            id: "yaml",
            label: t("tabs.yaml"),
            badge: errors > 0 && !hasForm && <Badge tone="bad">{errors}</Badge>,
            content: (
              <YamlView
                kind={kind}
                name={draft.name}
                text={draft.text}
                problems={draft.problems}
                readOnly={readOnly}
                at={at}
                onChange={(text) => session.setText(text)}
              />
            ),
          },
          { id: "usedBy", label: t("tabs.usedBy"), content: <UsedByView kind={kind} name={draft.name} /> },
          {
            id: "history",
            label: t("tabs.history"),
            content: <HistoryView kind={kind} name={draft.name} readOnly={readOnly} />,
          },
        ]}
      />
    </>
  );
}
