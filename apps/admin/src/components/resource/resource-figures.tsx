"use client";

import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useFigures } from "../../client/use-figures.ts";
import { LinkButton } from "../ui/button.tsx";
import { Quantity } from "../ui/quantity.tsx";
import { addFigures } from "./add-figures.ts";
import type { DraftResource } from "./config-types.ts";
import { SCOPE_KINDS, SuccessRate } from "./resource-list.tsx";
import { scopesOf } from "./summarize-resource.ts";

/** What goes through the resource now, and the ways to look closer; nothing for what carries no traffic of its own. */
export function ResourceFigures({ resource }: { readonly resource: DraftResource }) {
  const t = useTranslations("config");
  const scope = SCOPE_KINDS[resource.kind];
  const figures = useFigures(scope);
  if (scope === undefined) return null;
  const names = scopesOf(resource);
  const figure = figures && addFigures(figures, names);
  const [only] = names.length === 1 ? names : [];
  const traffic =
    only === undefined ? "/traffic" : `/traffic?${new URLSearchParams({ kind: scope, name: only })}`;
  const box = `/topology?${new URLSearchParams({ box: `${scope}:${only}` })}`;
  return (
    <div className="flex flex-wrap items-center gap-x-5 gap-y-2 px-6 pb-3 max-sm:px-4">
      <dl aria-label={t("live.heading")} className="flex flex-wrap items-baseline gap-x-5 gap-y-1 text-sm">
        <Live label={t("columns.rate")}>
          <Quantity value={figures && (figure?.requestsPerSecond ?? 0)} unit="perSecond" />
        </Live>
        <Live label={t("columns.success")}>
          <SuccessRate value={figure?.successRate} />
        </Live>
        <Live label={t("columns.p95")}>
          <Quantity value={figure?.p95Ms} unit="milliseconds" />
        </Live>
      </dl>
      <div className="flex flex-wrap gap-2">
        <LinkButton href={traffic} size="sm" icon="traffic">
          {t("live.traffic")}
        </LinkButton>
        {scope === "cluster" && (
          <LinkButton
            href={`/requests?${new URLSearchParams({ q: `cluster:${resource.name}` })}`}
            size="sm"
            icon="requests"
          >
            {t("live.requests")}
          </LinkButton>
        )}
        {only !== undefined && (
          <LinkButton href={box} size="sm" icon="topology">
            {t("live.topology")}
          </LinkButton>
        )}
      </div>
    </div>
  );
}

function Live({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className="flex items-baseline gap-1.5">
      <dt className="text-xs text-muted">{label}</dt>
      <dd className="font-medium">{children}</dd>
    </div>
  );
}
