"use client";

import { useTranslations } from "use-intl";
import { has, listAt, textAt } from "../resource/field-value.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import { NumberField, SelectField, TextField } from "./fields.tsx";
import { useForm, useFormField } from "./form-context.tsx";
import { FormSection } from "./form-section.tsx";
import { isIpAddress } from "./is-ip-address.ts";
import { ReferenceField } from "./reference-field.tsx";

const TYPES = ["STATIC", "STRICT_DNS", "LOGICAL_DNS", "EDS"] as const;
const POLICIES = ["ROUND_ROBIN", "LEAST_REQUEST", "RANDOM", "RING_HASH", "MAGLEV"] as const;

export function ClusterForm() {
  const t = useTranslations("config.cluster");
  const { value, edit } = useForm();
  const name = textAt(value, "name");
  const type = textAt(value, "type") || "STATIC";

  function setType(next: string): void {
    if (next === "EDS")
      edit([
        { op: "set", path: "type", value: next },
        { op: "remove", path: "load_assignment" },
        { op: "set", path: "eds_cluster_config.eds_config", value: { ads: {}, resource_api_version: "V3" } },
      ]);
    else
      edit([
        { op: "set", path: "type", value: next },
        { op: "remove", path: "eds_cluster_config" },
        ...(has(value, "load_assignment")
          ? []
          : [
              {
                op: "set" as const,
                path: "load_assignment",
                value: { cluster_name: name, endpoints: [{ lb_endpoints: [] }] },
              },
            ]),
      ]);
  }

  return (
    <>
      <FormSection title={t("discovery")} description={t("discoveryHint")}>
        <SelectField
          path="type"
          label={t("type")}
          defaultValue="STATIC"
          onChange={setType}
          options={TYPES.map((value) => ({ value, label: t(`types.${value}`) }))}
          className="max-w-96"
        />
        {type === "EDS" ? (
          <ReferenceField
            path="eds_cluster_config.service_name"
            kind="endpoints"
            label={t("serviceName")}
            hint={t("serviceNameHint", { name })}
            className="max-w-96"
          />
        ) : (
          <Endpoints clusterName={name} type={type} onUseDns={() => setType("STRICT_DNS")} />
        )}
      </FormSection>
      <FormSection title={t("balancing")} description={t("balancingHint")}>
        <div className="grid gap-4 sm:grid-cols-2">
          <SelectField
            path="lb_policy"
            label={t("policy")}
            defaultValue="ROUND_ROBIN"
            options={POLICIES.map((value) => ({ value, label: t(`policies.${value}`) }))}
          />
          <TextField
            path="connect_timeout"
            label={t("connectTimeout")}
            hint={t("connectTimeoutHint")}
            placeholder="5s"
          />
        </div>
      </FormSection>
    </>
  );
}

function Endpoints({
  clusterName,
  type,
  onUseDns,
}: {
  readonly clusterName: string;
  readonly type: string;
  readonly onUseDns: () => void;
}) {
  const t = useTranslations("config.cluster");
  const { value, edit, readOnly } = useForm();
  const root = useFormField("load_assignment");
  const localities = listAt(value, "load_assignment.endpoints");
  const rows = localities.flatMap((locality, l) =>
    listAt(locality, "lb_endpoints").map((_, i) => `load_assignment.endpoints[${l}].lb_endpoints[${i}]`),
  );
  const needsDns =
    type === "STATIC" &&
    rows.some((row) => {
      const host = textAt(value, `${row}.endpoint.address.socket_address.address`);
      return host !== "" && !isIpAddress(host);
    });

  function add(): void {
    const endpoint = { endpoint: { address: { socket_address: { address: "", port_value: 80 } } } };
    const first = listAt(value, "load_assignment.endpoints[0].lb_endpoints");
    edit([
      ...(has(value, "load_assignment.cluster_name")
        ? []
        : [{ op: "set" as const, path: "load_assignment.cluster_name", value: clusterName }]),
      localities.length === 0
        ? { op: "set", path: "load_assignment.endpoints", value: [{ lb_endpoints: [endpoint] }] }
        : {
            op: "insert",
            path: "load_assignment.endpoints[0].lb_endpoints",
            index: first.length,
            value: endpoint,
          },
    ]);
  }

  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-sm font-medium">{t("endpoints")}</legend>
      {rows.length === 0 && <p className="text-sm text-faint">{root.error ?? t("noEndpoints")}</p>}
      {rows.map((row, index) => (
        <EndpointRow
          key={row}
          row={row}
          number={index + 1}
          onRemove={readOnly ? undefined : () => edit([{ op: "remove", path: row }])}
        />
      ))}
      {needsDns && (
        <Notice
          tone="warn"
          action={
            <Button size="sm" onClick={onUseDns}>
              {t("useDns")}
            </Button>
          }
        >
          {t("needsDns")}
        </Notice>
      )}
      {!readOnly && (
        <div>
          <Button icon="plus" size="sm" onClick={add}>
            {t("addEndpoint")}
          </Button>
        </div>
      )}
    </fieldset>
  );
}

function EndpointRow({
  row,
  number,
  onRemove,
}: {
  readonly row: string;
  readonly number: number;
  readonly onRemove: (() => void) | undefined;
}) {
  const t = useTranslations("config.cluster");
  const { edit } = useForm();
  const address = `${row}.endpoint.address.socket_address`;
  return (
    <div
      className="grid grid-cols-[minmax(0,1fr)_88px_72px_24px] items-start gap-2"
      onPaste={(event) => {
        const pasted = /^\s*([^\s:]+):(\d+)\s*$/.exec(event.clipboardData.getData("text"));
        if (!pasted || !onRemove) return;
        event.preventDefault();
        edit([
          { op: "set", path: `${address}.address`, value: pasted[1] },
          { op: "set", path: `${address}.port_value`, value: Number(pasted[2]) },
        ]);
      }}
    >
      <TextField
        path={`${address}.address`}
        label={t("host", { number })}
        labelHidden
        placeholder="10.0.0.7"
      />
      <NumberField
        path={`${address}.port_value`}
        label={t("port", { number })}
        labelHidden
        placeholder="8080"
      />
      <NumberField
        path={`${row}.load_balancing_weight`}
        label={t("weight", { number })}
        labelHidden
        placeholder={t("weightPlaceholder")}
      />
      {onRemove && (
        <IconButton
          size="sm"
          icon="trash"
          label={t("removeEndpoint", { number })}
          onClick={onRemove}
          className="mt-1"
        />
      )}
    </div>
  );
}
