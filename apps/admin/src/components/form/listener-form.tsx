"use client";

import { useTranslations } from "use-intl";
import { has, listAt, textAt, valueAt } from "../resource/field-value.ts";
import { problemAt } from "../resource/problems-at.ts";
import { StatusDot } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Select } from "../ui/input.tsx";
import { Notice } from "../ui/notice.tsx";
import { AddHttpFilter } from "./add-http-filter.tsx";
import { AutomaticCertificateFields } from "./automatic-certificate.tsx";
import { NumberField, TextField } from "./fields.tsx";
import { useForm, useFormList } from "./form-context.tsx";
import { FormSection } from "./form-section.tsx";
import { newManager, RDS_SOURCE } from "./new-manager.ts";
import { OrderedList } from "./ordered-list.tsx";
import { ReferenceField } from "./reference-field.tsx";
import { RouteForm } from "./route-form.tsx";
import { YamlField } from "./yaml-field.tsx";

export function ListenerForm() {
  const t = useTranslations("config.listener");
  const { value, edit, readOnly } = useForm();
  const managers = listAt(value, "filter_chains").flatMap((chain, c) =>
    listAt(chain, "filters").flatMap((filter, f) =>
      textAt(filter, "typed_config.@type").endsWith(".HttpConnectionManager")
        ? [`filter_chains[${c}].filters[${f}].typed_config`]
        : [],
    ),
  );
  return (
    <>
      <FormSection title={t("address")} description={t("addressHint")}>
        <div className="grid max-w-96 grid-cols-[minmax(0,1fr)_104px] gap-4">
          <TextField path="address.socket_address.address" label={t("bind")} placeholder="0.0.0.0" required />
          <NumberField
            path="address.socket_address.port_value"
            label={t("port")}
            placeholder="10000"
            required
          />
        </div>
      </FormSection>
      <AutomaticCertificateFields />
      {managers.map((path, index) => (
        <ConnectionManager key={path} path={path} number={managers.length > 1 ? index + 1 : undefined} />
      ))}
      {managers.length === 0 && (
        <div className="py-6">
          <Notice
            tone="info"
            title={t("noManager")}
            action={
              !readOnly && (
                <Button
                  size="sm"
                  onClick={() =>
                    edit([{ op: "set", path: "filter_chains", value: [{ filters: [newManager()] }] }])
                  }
                >
                  {t("addManager")}
                </Button>
              )
            }
          >
            {t("noManagerHint")}
          </Notice>
        </div>
      )}
    </>
  );
}

function ConnectionManager({ path, number }: { readonly path: string; readonly number: number | undefined }) {
  const t = useTranslations("config.listener");
  const { value, edit, readOnly, problems } = useForm();
  const filters = useFormList(`${path}.http_filters`);
  const inline = has(value, `${path}.route_config`);

  function setSource(source: string): void {
    edit(
      source === "inline"
        ? [
            { op: "remove", path: `${path}.rds` },
            { op: "set", path: `${path}.route_config`, value: { name: "inline", virtual_hosts: [] } },
          ]
        : [
            { op: "remove", path: `${path}.route_config` },
            { op: "set", path: `${path}.rds`, value: { route_config_name: "", config_source: RDS_SOURCE } },
          ],
    );
  }

  return (
    <>
      <FormSection
        title={number ? t("managerNumber", { number }) : t("manager")}
        description={t("managerHint")}
      >
        <div className="grid gap-4 sm:grid-cols-2">
          <TextField
            path={`${path}.stat_prefix`}
            label={t("statPrefix")}
            hint={t("statPrefixHint")}
            required
          />
          <Field label={t("routesFrom")}>
            <Select
              value={inline ? "inline" : "rds"}
              disabled={readOnly}
              onChange={(event) => setSource(event.target.value)}
            >
              <option value="rds">{t("routesNamed")}</option>
              <option value="inline">{t("routesInline")}</option>
            </Select>
          </Field>
          {!inline && (
            <ReferenceField
              path={`${path}.rds.route_config_name`}
              kind="routes"
              label={t("routeConfiguration")}
            />
          )}
        </div>
        <div className="flex flex-col gap-2">
          <h3 className="text-sm font-medium">{t("filters")}</h3>
          <p className="text-xs text-faint">{t("filtersHint")}</p>
          <OrderedList
            list={filters}
            label={t("filters")}
            empty={t("noFilters")}
            nameOf={(filter) => textAt(filter, "name")}
            title={(filter) => (
              <span className="flex min-w-0 items-baseline gap-2">
                <span className="truncate text-sm xl:shrink-0">{textAt(filter, "name") || "–"}</span>
                <span className="truncate text-xs text-faint max-xl:hidden">
                  {textAt(filter, "typed_config.@type").replace(/^.*\//, "")}
                </span>
              </span>
            )}
            mark={(_, index) => {
              const worst = problemAt(problems, `${filters.path}[${index}]`, true);
              return (
                worst && (
                  <StatusDot tone={worst.severity === "error" ? "bad" : "warn"}>
                    <span className="sr-only">{worst.message}</span>
                  </StatusDot>
                )
              );
            }}
            body={(_, index) => (
              <div className="flex flex-col gap-4">
                <TextField path={`${filters.path}[${index}].name`} label={t("filterName")} />
                <YamlField path={`${filters.path}[${index}].typed_config`} label={t("filterConfig")} />
              </div>
            )}
          />
          {!readOnly && (
            <AddHttpFilter
              onAdd={(filter) => {
                const last = filters.items.at(-1);
                const router = textAt(last, "typed_config.@type").endsWith(".Router");
                filters.insert(filter, router ? filters.items.length - 1 : filters.items.length);
              }}
            />
          )}
        </div>
      </FormSection>
      {inline && valueAt(value, `${path}.route_config`) !== undefined && (
        <RouteForm base={`${path}.route_config`} />
      )}
    </>
  );
}
