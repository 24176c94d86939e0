"use client";

import {
  ALERT_MEASURES,
  ALERT_SCOPES,
  type AlertMeasure,
  type AlertRule,
  type AlertScope,
} from "@sluice/config/contract";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { DialogForm } from "../ui/dialog-form.tsx";
import { Field } from "../ui/field.tsx";
import { Input, Select } from "../ui/input.tsx";
import { shownFactor } from "./use-alert-words.ts";

export interface RuleDialogProps {
  /** Undefined: closed. */
  readonly subject: AlertRule | "new" | undefined;
  readonly onClose: () => void;
}

const ofTraffic = (measure: AlertMeasure): boolean =>
  measure !== "node_lost" && measure !== "certificate_days";

/** Makes or changes an alert rule. */
export function RuleDialog({ subject, onClose }: RuleDialogProps) {
  const t = useTranslations("alerts");
  const trpc = useTRPC();
  const rule = typeof subject === "object" ? subject : undefined;
  const [measure, setMeasure] = useState<AlertMeasure>(rule?.measure ?? "error_rate");
  const [scope, setScope] = useState<AlertScope["kind"]>(rule?.scope.kind ?? "all");
  const put = useMutation(trpc.alert.put.mutationOptions({ onSuccess: onClose }));
  const scopes = ALERT_SCOPES.filter(
    (kind) => ofTraffic(measure) || kind === "all" || kind === "group" || kind === "node",
  );

  function submit(form: FormData): void {
    const text = (name: string): string => String(form.get(name) ?? "").trim();
    const kind = scopes.includes(scope) ? scope : "all";
    const name = kind === "all" ? "" : text("scopeName");
    put.mutate({
      name: rule?.name ?? text("name"),
      measure,
      scope: name === "" ? { kind } : { kind, name },
      threshold: {
        when: text("when") === "below" ? "below" : "above",
        value: Number(text("value")) / shownFactor(measure),
      },
      windowMs: ofTraffic(measure) ? Math.round(Number(text("window")) * 1000) : (rule?.windowMs ?? 60_000),
      forMs: Math.round(Number(text("for")) * 1000),
      requestsMin: ofTraffic(measure) ? Number(text("requests")) : (rule?.requestsMin ?? 20),
      enabled: rule?.enabled ?? true,
      expectedRevision: rule?.revision ?? 0,
    });
  }

  return (
    <Dialog
      open={subject !== undefined}
      onOpenChange={(open) => !open && onClose()}
      title={rule === undefined ? t("add") : t("editTitle", { name: rule.name })}
    >
      <DialogForm
        submit={rule === undefined ? t("add") : t("save")}
        busy={put.isPending}
        error={put.error}
        onSubmit={submit}
        onCancel={onClose}
      >
        {rule === undefined && (
          <Field label={t("fields.name")} required hint={t("fields.nameHint")}>
            <Input name="name" required maxLength={63} pattern="[a-z0-9][a-z0-9._\-]*" />
          </Field>
        )}
        <div className="grid grid-cols-3 gap-3 max-sm:grid-cols-1">
          <Field label={t("fields.measure")}>
            <Select
              value={measure}
              onChange={(event) => {
                const chosen = ALERT_MEASURES.find((one) => one === event.target.value);
                if (chosen !== undefined) setMeasure(chosen);
              }}
            >
              {ALERT_MEASURES.map((one) => (
                <option key={one} value={one}>
                  {t(`measures.${one}`)}
                </option>
              ))}
            </Select>
          </Field>
          <Field label={t("fields.when")}>
            <Select name="when" defaultValue={rule?.threshold.when ?? "above"}>
              <option value="above">{t("when.above")}</option>
              <option value="below">{t("when.below")}</option>
            </Select>
          </Field>
          <Field label={t("fields.value", { unit: t(`units.${measure}`) })} required>
            <Input
              name="value"
              type="number"
              required
              min={0}
              step="any"
              defaultValue={rule === undefined ? 5 : rule.threshold.value * shownFactor(rule.measure)}
            />
          </Field>
        </div>
        <div className="grid grid-cols-2 gap-3 max-sm:grid-cols-1">
          <Field label={t("fields.scope")}>
            <Select
              value={scopes.includes(scope) ? scope : "all"}
              onChange={(event) => {
                const chosen = ALERT_SCOPES.find((one) => one === event.target.value);
                if (chosen !== undefined) setScope(chosen);
              }}
            >
              {scopes.map((kind) => (
                <option key={kind} value={kind}>
                  {t(`scopes.${kind}`)}
                </option>
              ))}
            </Select>
          </Field>
          <Field label={t("fields.scopeName")} hint={t("fields.scopeNameHint")}>
            <Input
              name="scopeName"
              maxLength={500}
              disabled={scope === "all"}
              defaultValue={rule?.scope.name ?? ""}
            />
          </Field>
        </div>
        <div className="grid grid-cols-3 gap-3 max-sm:grid-cols-1">
          <Field label={t("fields.for")}>
            <Input
              name="for"
              type="number"
              required
              min={0}
              max={86400}
              defaultValue={(rule?.forMs ?? 60_000) / 1000}
            />
          </Field>
          {ofTraffic(measure) && (
            <>
              <Field label={t("fields.window")}>
                <Input
                  name="window"
                  type="number"
                  required
                  min={10}
                  max={3600}
                  defaultValue={(rule?.windowMs ?? 60_000) / 1000}
                />
              </Field>
              <Field label={t("fields.requests")} hint={t("fields.requestsHint")}>
                <Input
                  name="requests"
                  type="number"
                  required
                  min={0}
                  defaultValue={rule?.requestsMin ?? 20}
                />
              </Field>
            </>
          )}
        </div>
      </DialogForm>
    </Dialog>
  );
}
