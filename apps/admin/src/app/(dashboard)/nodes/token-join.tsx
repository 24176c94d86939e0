"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useFormatter, useTranslations } from "use-intl";
import { useMay } from "../../../client/session.tsx";
import { useTRPC } from "../../../client/trpc.tsx";
import { Button } from "../../../components/ui/button.tsx";
import { CodeBlock } from "../../../components/ui/copy-button.tsx";
import { Field } from "../../../components/ui/field.tsx";
import { Input, Select } from "../../../components/ui/input.tsx";
import { Notice } from "../../../components/ui/notice.tsx";
import { RefusalNotice } from "../../../components/ui/refusal-notice.tsx";
import { type JoinForm, joinCommands } from "./join-form.ts";

/** The command stands below the fields that it is made of, often under the dialog's edge. */
const intoSight = (shown: HTMLDivElement | null): void => shown?.scrollIntoView({ block: "center" });
const LIFETIMES_S = ["900", "3600", "86400", "604800"] as const;

/** Makes a token for the node of the form and shows, this once, the command that uses it. */
export function TokenJoin({ form }: { readonly form: JoinForm | undefined }) {
  const t = useTranslations("join");
  const format = useFormatter();
  const trpc = useTRPC();
  const mayEnroll = useMay()("node.enroll");
  const [lifetimeS, setLifetimeS] = useState<string>("3600");
  const [directory, setDirectory] = useState<string>();
  const create = useMutation(trpc.join.createToken.mutationOptions());
  if (!mayEnroll)
    return (
      <div className="mt-5">
        <Notice tone="info" title={t("adminsOnly")}>
          {t("adminsOnlyHint")}
        </Notice>
      </div>
    );
  const out = directory ?? `/etc/sluice/${form?.nodeId ?? ""}`;
  const made = create.data;
  const shown = made !== undefined && form !== undefined && create.variables.node === form.nodeId;
  const [join, start] = shown ? joinCommands(form, made.token, out) : [];
  return (
    <div className="mt-4 flex flex-col gap-4">
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label={t("directory")} hint={t("directoryHint")}>
          <Input value={out} onChange={(event) => setDirectory(event.target.value)} />
        </Field>
        <Field label={t("lifetime")}>
          <Select value={lifetimeS} onChange={(event) => setLifetimeS(event.target.value)}>
            {LIFETIMES_S.map((seconds) => (
              <option key={seconds} value={seconds}>
                {t(`lifetimes.${seconds}`)}
              </option>
            ))}
          </Select>
        </Field>
      </div>
      <RefusalNotice error={create.error} />
      {shown && join !== undefined && start !== undefined && (
        <div ref={intoSight} className="flex flex-col gap-2">
          <Notice tone="ok" title={t("made")}>
            {t("madeHint", {
              node: form.nodeId,
              until: format.dateTime(made.expiresAt, { dateStyle: "medium", timeStyle: "long" }),
            })}
          </Notice>
          <CodeBlock code={join} label={t("command")} />
          <p className="text-sm text-muted">{t("commandHint")}</p>
          <CodeBlock code={start} label={t("commandHint")} />
        </div>
      )}
      <div className="flex justify-end">
        <Button
          tone={shown ? "default" : "primary"}
          busy={create.isPending}
          disabled={form === undefined || out.trim() === ""}
          onClick={() =>
            form && create.mutate({ node: form.nodeId, labels: form.labels, lifetimeS: Number(lifetimeS) })
          }
        >
          {shown ? t("again") : t("make")}
        </Button>
      </div>
    </div>
  );
}
