"use client";

import type { Channel } from "@sluice/config/contract";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { DialogForm } from "../ui/dialog-form.tsx";
import { Field } from "../ui/field.tsx";
import { Input, Select } from "../ui/input.tsx";
import { KeyOnce } from "../ui/key-once.tsx";
import { ChannelFieldset } from "./channel-fieldset.tsx";
import { type ChannelFields, readChannelFields } from "./read-channel-form.ts";
import { SubscriptionFieldset } from "./subscription-fieldset.tsx";

const KINDS = ["webhook", "email", "slack"] as const;

export interface ChannelDialogProps {
  /** Undefined: closed. */
  readonly subject: Channel | "new" | undefined;
  readonly onClose: () => void;
}

/** Makes or changes a channel. A webhook's new signing key is shown once. */
export function ChannelDialog({ subject, onClose }: ChannelDialogProps) {
  const t = useTranslations("notifications");
  const trpc = useTRPC();
  const channel = typeof subject === "object" ? subject : undefined;
  const [fields, setFields] = useState(() => fieldsOf(channel));
  const [signingKey, setSigningKey] = useState<string>();
  const saved = ({ signingKey: made }: { readonly signingKey: string | undefined }) =>
    made === undefined ? onClose() : setSigningKey(made);
  const create = useMutation(trpc.notification.create.mutationOptions({ onSuccess: saved }));
  const change = useMutation(trpc.notification.change.mutationOptions({ onSuccess: saved }));
  const error = create.error ?? change.error;
  const set = (part: Partial<ChannelFields>): void => setFields({ ...fields, ...part });

  function submit(): void {
    const { name, kind, secret } = fields;
    const input = { ...readChannelFields(fields), ...(secret === "" ? {} : { secret }) };
    if (channel === undefined) create.mutate({ name, kind, ...input });
    else change.mutate({ name, expectedRevision: channel.revision, ...input });
  }

  return (
    <Dialog
      open={subject !== undefined}
      onOpenChange={(open) => !open && onClose()}
      title={channel === undefined ? t("add") : t("editTitle", { name: channel.name })}
    >
      {signingKey !== undefined ? (
        <KeyOnce
          title={t("keyMade")}
          hint={t("keyOnce")}
          value={signingKey}
          label={t("signingKey")}
          done={t("done")}
          onDone={onClose}
        />
      ) : (
        <DialogForm
          submit={channel === undefined ? t("add") : t("save")}
          busy={create.isPending || change.isPending}
          error={error}
          more={
            channel?.kind === "webhook" && (
              <Button
                busy={change.isPending}
                onClick={() => change.mutate({ name: channel.name, newSigningKey: true })}
              >
                {t("newKey")}
              </Button>
            )
          }
          onSubmit={submit}
          onCancel={onClose}
        >
          {channel === undefined && (
            <div className="grid grid-cols-2 gap-3">
              <Field label={t("fields.name")} required hint={t("fields.nameHint")}>
                <Input
                  required
                  maxLength={63}
                  pattern="[a-z0-9][a-z0-9._\-]*"
                  value={fields.name}
                  onChange={(event) => set({ name: event.target.value })}
                />
              </Field>
              <Field label={t("fields.kind")}>
                <Select
                  value={fields.kind}
                  onChange={(event) => {
                    const kind = KINDS.find((one) => one === event.target.value);
                    if (kind !== undefined) set({ kind });
                  }}
                >
                  {KINDS.map((kind) => (
                    <option key={kind} value={kind}>
                      {t(`kinds.${kind}`)}
                    </option>
                  ))}
                </Select>
              </Field>
            </div>
          )}
          <ChannelFieldset fields={fields} stored={channel?.hasSecret ?? false} onChange={set} />
          <SubscriptionFieldset
            subscriptions={fields.subscriptions}
            onChange={(subscriptions) => set({ subscriptions })}
          />
        </DialogForm>
      )}
    </Dialog>
  );
}

function fieldsOf(channel: Channel | undefined): ChannelFields {
  const settings = channel?.settings ?? {};
  const email = "host" in settings && typeof settings.host === "string" ? settings : undefined;
  return {
    name: channel?.name ?? "",
    kind: channel?.kind ?? "webhook",
    url: "url" in settings && typeof settings.url === "string" ? settings.url : "",
    host: email?.host ?? "",
    port: String(email?.port ?? 587),
    security: email?.security ?? "starttls",
    user: email?.user ?? "",
    from: email?.from ?? "",
    to: email?.to.join(", ") ?? "",
    secret: "",
    subscriptions: (channel?.subscriptions ?? [{ events: [], groups: [] }]).map(({ events, groups }, id) => ({
      id,
      events,
      groups: groups.join(", "),
    })),
  };
}
