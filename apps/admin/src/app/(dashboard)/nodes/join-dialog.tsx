"use client";

import { useEffect, useState } from "react";
import { useTranslations } from "use-intl";
import { Dialog } from "../../../components/ui/dialog.tsx";
import { Field } from "../../../components/ui/field.tsx";
import { Input, Select } from "../../../components/ui/input.tsx";
import { readJoinForm } from "./join-form.ts";
import { parseLabels, parsePort } from "./parse-labels.ts";
import { PlainJoin } from "./plain-join.tsx";
import { TokenJoin } from "./token-join.tsx";

const FIRST = {
  how: "tls",
  product: "sluice",
  nodeId: "node-2",
  cluster: "edge",
  host: "127.0.0.1",
  port: "18000",
  adminPort: "9902",
  labels: "",
};

/** How a new node joins: with a token, or in plain text on this machine. It appears in the list once it has connected. */
export function JoinDialog({
  open,
  onOpenChange,
}: {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}) {
  const t = useTranslations("nodes.join");
  const joining = useTranslations("join");
  const [form, setForm] = useState(FIRST);
  useEffect(
    () => setForm((before) => ({ ...before, host: window.location.hostname.replace(/^\[|\]$/g, "") })),
    [],
  );
  const set = (change: Partial<typeof FIRST>): void => setForm((before) => ({ ...before, ...change }));
  const inPlain = form.how === "plain";
  const required = (text: string): string | undefined => (text.trim() === "" ? t("required") : undefined);
  const portError = (text: string): string | undefined =>
    parsePort(text) === undefined ? t("portError") : undefined;
  const whole = readJoinForm(form);
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={t("title")}
      description={joining(inPlain ? "describePlain" : "describe")}
      width="lg"
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label={joining("how")} className="sm:col-span-2">
          <Select value={form.how} onChange={(event) => set({ how: event.target.value })}>
            <option value="tls">{joining("overTls")}</option>
            <option value="plain">{joining("inPlain")}</option>
          </Select>
        </Field>
        <Field label={t("product")}>
          <Select value={form.product} onChange={(event) => set({ product: event.target.value })}>
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
        <Field label={t("port")} error={portError(form.port)}>
          <Input
            inputMode="numeric"
            value={form.port}
            onChange={(event) => set({ port: event.target.value })}
          />
        </Field>
        <Field label={t("cluster")} error={required(form.cluster)}>
          <Input value={form.cluster} onChange={(event) => set({ cluster: event.target.value })} />
        </Field>
        <Field label={t("adminPort")} error={portError(form.adminPort)}>
          <Input
            inputMode="numeric"
            value={form.adminPort}
            onChange={(event) => set({ adminPort: event.target.value })}
          />
        </Field>
        <Field
          label={t("labels")}
          hint={inPlain ? t("labelsHint") : joining("labelsHint")}
          error={parseLabels(form.labels) === undefined ? t("labelsError") : undefined}
          className="sm:col-span-2"
        >
          <Input value={form.labels} onChange={(event) => set({ labels: event.target.value })} />
        </Field>
      </div>
      {inPlain ? whole && <PlainJoin form={whole} /> : <TokenJoin form={whole} />}
    </Dialog>
  );
}
