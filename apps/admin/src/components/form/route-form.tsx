"use client";

import { useTranslations } from "use-intl";
import { listAt, textAt } from "../resource/field-value.ts";
import { problemAt, worstOf } from "../resource/problems-at.ts";
import { StatusDot } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { FieldMessage } from "../ui/field.tsx";
import { DomainsField } from "./domains-field.tsx";
import { TextField } from "./fields.tsx";
import { useForm, useFormField, useFormList } from "./form-context.tsx";
import { FormSection } from "./form-section.tsx";
import { OrderedList } from "./ordered-list.tsx";
import { RouteEditor } from "./route-editor.tsx";
import { actionKindOf, actionTextOf, matchKindOf, matchTextOf } from "./route-match.ts";

/**
 * A route configuration: virtual hosts with their domains and ordered routes.
 *
 * @param base field path of the RouteConfiguration within the resource, "" when it is the resource
 */
export function RouteForm({ base = "" }: { readonly base?: string }) {
  const t = useTranslations("config.route");
  const { readOnly } = useForm();
  const hosts = useFormList(`${base && `${base}.`}virtual_hosts`);
  return (
    <>
      {hosts.items.map((host, index) => (
        <VirtualHost
          // biome-ignore lint/suspicious/noArrayIndexKey: virtual hosts are addressed by position
          key={index}
          path={`${hosts.path}[${index}]`}
          host={host}
          onRemove={readOnly ? undefined : () => hosts.remove(index)}
        />
      ))}
      {!readOnly && (
        <div className="py-6">
          <Button
            icon="plus"
            onClick={() =>
              hosts.insert({
                name: freeName(hosts.items),
                domains: hosts.items.length === 0 ? ["*"] : [],
                routes: [],
              })
            }
          >
            {t("addHost")}
          </Button>
        </div>
      )}
    </>
  );
}

function VirtualHost({
  path,
  host,
  onRemove,
}: {
  readonly path: string;
  readonly host: unknown;
  readonly onRemove: (() => void) | undefined;
}) {
  const t = useTranslations("config.route");
  const { problems, readOnly } = useForm();
  const routes = useFormList(`${path}.routes`);
  const whole = useFormField(path);
  const name = textAt(host, "name");
  return (
    <FormSection
      title={name || t("unnamedHost")}
      description={listAt(host, "domains").map(String).join(", ")}
      actions={
        onRemove && (
          <Button size="sm" icon="trash" onClick={onRemove}>
            {t("removeHost")}
          </Button>
        )
      }
    >
      {whole.error && <FieldMessage tone="error" text={whole.error} />}
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField path={`${path}.name`} label={t("hostName")} required />
        <DomainsField path={`${path}.domains`} label={t("domains")} hint={t("domainsHint")} />
      </div>
      <div className="flex flex-col gap-2">
        <h3 className="text-sm font-medium">{t("routes")}</h3>
        <OrderedList
          list={routes}
          label={t("routesOf", { name })}
          empty={t("noRoutes")}
          nameOf={(route, index) => matchTextOf(route) || String(index + 1)}
          title={(route) => <RouteTitle route={route} />}
          mark={(_, index) => {
            const at = `${path}.routes[${index}]`;
            const worst = problemAt(problems, at, true);
            return (
              worst && (
                <StatusDot tone={worstOf([worst]) === "error" ? "bad" : "warn"}>
                  <span className="max-w-48 truncate text-xs text-muted" title={worst.message}>
                    {worst.message}
                  </span>
                </StatusDot>
              )
            );
          }}
          body={(route, index) => <RouteEditor path={`${path}.routes[${index}]`} route={route} />}
        />
        {!readOnly && (
          <div>
            <Button
              size="sm"
              icon="plus"
              onClick={() => routes.insert({ match: { prefix: "/" }, route: { cluster: "" } })}
            >
              {t("addRoute")}
            </Button>
          </div>
        )}
      </div>
    </FormSection>
  );
}

function RouteTitle({ route }: { readonly route: unknown }) {
  const t = useTranslations("config.route");
  const kind = matchKindOf(route);
  const action = actionKindOf(route);
  return (
    <span className="flex min-w-0 items-center gap-2">
      <span className="w-20 shrink-0 text-xs text-faint max-sm:hidden">
        {kind ? t(`matchShort.${kind}`) : t("otherMatch")}
      </span>
      <code className="max-w-1/2 shrink-0 truncate font-mono text-xs">{matchTextOf(route) || "–"}</code>
      <span aria-hidden="true" className="text-faint">
        →
      </span>
      <span className="truncate text-sm">
        {action === "cluster" || action === "weighted_clusters"
          ? ""
          : `${action ? t(`actionShort.${action}`) : t("otherAction")} `}
        {actionTextOf(route) || <span className="text-faint">{t("noTarget")}</span>}
      </span>
    </span>
  );
}

/** `web`, `web-2`, …: names of virtual hosts are unique. */
function freeName(hosts: readonly unknown[]): string {
  const taken = new Set(hosts.map((host) => textAt(host, "name")));
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? "web" : `web-${number}`;
    if (!taken.has(name)) return name;
  }
}
