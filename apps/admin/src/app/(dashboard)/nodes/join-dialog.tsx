"use client";

import { renderBootstrap } from "@sluice/control/bootstrap";
import { useEffect, useState } from "react";
import { useTranslations } from "use-intl";
import { CodeBlock } from "../../../components/ui/copy-button.tsx";
import { Dialog } from "../../../components/ui/dialog.tsx";
import { Field } from "../../../components/ui/field.tsx";
import { Input, Select } from "../../../components/ui/input.tsx";
import { parseLabels, parsePort } from "./parse-labels.ts";

const FIRST = {
  product: "sluice",
  nodeId: "node-2",
  cluster: "edge",
  host: "127.0.0.1",
  port: "18000",
  adminPort: "9902",
  labels: "",
};

/** Prints the bootstrap of a new node; it appears in the list by itself once it has connected. */
export function JoinDialog({
  open,
  onOpenChange,
}: {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}) {
  const t = useTranslations("nodes.join");
  const [form, setForm] = useState(FIRST);
  useEffect(
    () => setForm((before) => ({ ...before, host: window.location.hostname.replace(/^\[|\]$/g, "") })),
    [],
  );
  const set = (change: Partial<typeof FIRST>): void => setForm((before) => ({ ...before, ...change }));
  const product = form.product === "envoy" ? "envoy" : "sluice";
  const labels = parseLabels(form.labels);
  const controlPort = parsePort(form.port);
  const adminPort = parsePort(form.adminPort);
  const required = (text: string): string | undefined => (text.trim() === "" ? t("required") : undefined);
  const portError = (port: number | undefined): string | undefined =>
    port === undefined ? t("portError") : undefined;
  const complete = [form.nodeId, form.cluster, form.host].every((text) => text.trim() !== "");
  const bootstrap =
    complete && labels !== undefined && controlPort !== undefined && adminPort !== undefined
      ? renderBootstrap({
          product,
          nodeId: form.nodeId.trim(),
          nodeCluster: form.cluster.trim(),
          controlHost: form.host.trim(),
          controlPort,
          adminPort,
          labels,
        })
      : undefined;
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={t("title")}
      description={t("description")}
      width="lg"
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label={t("product")}>
          <Select value={product} onChange={(event) => set({ product: event.target.value })}>
            <option value="sluice">Sluice</option>
            <option value="envoy">Envoy</option>
          </Select>
        </Field>
        <Field label={t("id")} hint={t("idHint")} error={required(form.nodeId)}>
          <Input value={form.nodeId} onChange={(event) => set({ nodeId: event.target.value })} />
        </Field>
        <Field label={t("host")} hint={t("hostHint")} error={required(form.host)}>
          <Input value={form.host} onChange={(event) => set({ host: event.target.value })} />
        </Field>
        <Field label={t("port")} error={portError(controlPort)}>
          <Input
            inputMode="numeric"
            value={form.port}
            onChange={(event) => set({ port: event.target.value })}
          />
        </Field>
        <Field label={t("cluster")} error={required(form.cluster)}>
          <Input value={form.cluster} onChange={(event) => set({ cluster: event.target.value })} />
        </Field>
        <Field label={t("adminPort")} error={portError(adminPort)}>
          <Input
            inputMode="numeric"
            value={form.adminPort}
            onChange={(event) => set({ adminPort: event.target.value })}
          />
        </Field>
        <Field
          label={t("labels")}
          hint={t("labelsHint")}
          error={labels === undefined ? t("labelsError") : undefined}
          className="sm:col-span-2"
        >
          <Input value={form.labels} onChange={(event) => set({ labels: event.target.value })} />
        </Field>
      </div>
      {bootstrap !== undefined && (
        <div className="mt-5 flex flex-col gap-2">
          <h3 className="text-sm font-semibold">{t("file")}</h3>
          <CodeBlock code={bootstrap} label={t("file")} />
          <p className="text-sm text-muted">{t("then")}</p>
          <CodeBlock code={startCommand(product)} label={t("then")} />
        </div>
      )}
    </Dialog>
  );
}

function startCommand(product: "sluice" | "envoy"): string {
  return product === "envoy" ? "envoy -c bootstrap.yaml" : "npm run -s proxy -- -c bootstrap.yaml";
}
