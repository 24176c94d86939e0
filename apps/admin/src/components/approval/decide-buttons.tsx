"use client";

import type { ApprovalRequest } from "@sluice/config/contract";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { FormDialog } from "../ui/form-dialog.tsx";
import { Textarea } from "../ui/input.tsx";
import { TypeNameDialog } from "../ui/type-name-dialog.tsx";
import { useRefusalToast } from "../ui/use-refusal-toast.ts";

/** Approve and refuse for others; withdraw for who asked; break the glass for who may, whoever asked. */
export function DecideButtons({ request }: { readonly request: ApprovalRequest }) {
  const t = useTranslations("approvals");
  const refusalToast = useRefusalToast();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const may = useMay();
  const [dialog, setDialog] = useState<"refuse" | "glass">();
  const { id, group, own } = request;
  const settled = {
    onSuccess: () => setDialog(undefined),
    onSettled: () => queries.invalidateQueries(trpc.approval.pathFilter()),
  };
  const told = { onError: refusalToast };
  const approve = useMutation(trpc.approval.approve.mutationOptions({ ...settled, ...told }));
  const withdraw = useMutation(trpc.approval.withdraw.mutationOptions({ ...settled, ...told }));
  const refuse = useMutation(trpc.approval.refuse.mutationOptions(settled));
  const glass = useMutation(trpc.approval.breakGlass.mutationOptions(settled));
  const mayPublish = may("config.publish", { group });
  return (
    <>
      {may("approval.bypass") && mayPublish && (
        <Button tone="danger" icon="warning" onClick={() => setDialog("glass")}>
          {t("breakGlass")}
        </Button>
      )}
      {own && (
        <Button busy={withdraw.isPending} onClick={() => withdraw.mutate({ id })}>
          {t("withdraw")}
        </Button>
      )}
      {mayPublish && !own && <Button onClick={() => setDialog("refuse")}>{t("refuse")}</Button>}
      {mayPublish && !own && (
        <Button tone="primary" icon="check" busy={approve.isPending} onClick={() => approve.mutate({ id })}>
          {t("approve")}
        </Button>
      )}
      {dialog === "refuse" && (
        <RefuseDialog
          busy={refuse.isPending}
          error={refuse.error}
          onRefuse={(reason) => refuse.mutate({ id, reason })}
          onClose={() => setDialog(undefined)}
        />
      )}
      {dialog === "glass" && (
        <BreakGlassDialog
          group={group}
          busy={glass.isPending}
          error={glass.error}
          onBreak={(reason) => glass.mutate({ id, reason, confirm: group })}
          onClose={() => setDialog(undefined)}
        />
      )}
    </>
  );
}

interface ReasonDialogProps {
  readonly busy: boolean;
  readonly error: unknown;
  readonly onClose: () => void;
}

function RefuseDialog({
  busy,
  error,
  onRefuse,
  onClose,
}: ReasonDialogProps & { readonly onRefuse: (reason: string) => void }) {
  const t = useTranslations("approvals");
  const [reason, setReason] = useState("");
  return (
    <FormDialog
      title={t("refuse")}
      description={t("refuseHint")}
      submit={t("refuse")}
      busy={busy}
      disabled={reason.trim() === ""}
      error={error}
      onSubmit={() => onRefuse(reason)}
      onClose={onClose}
    >
      <Field label={t("reason")} required>
        <Textarea rows={3} value={reason} onChange={(event) => setReason(event.target.value)} />
      </Field>
    </FormDialog>
  );
}

/** Loud on purpose: the group's name is typed, and the reason goes to everybody. */
function BreakGlassDialog({
  group,
  busy,
  error,
  onBreak,
  onClose,
}: ReasonDialogProps & { readonly group: string; readonly onBreak: (reason: string) => void }) {
  const t = useTranslations("approvals");
  const [reason, setReason] = useState("");
  return (
    <TypeNameDialog
      name={group}
      title={t("breakGlass")}
      hint={t("breakGlassHint")}
      action={t("breakGlass")}
      busy={busy}
      disabled={reason.trim() === ""}
      error={error}
      onConfirm={() => onBreak(reason)}
      onClose={onClose}
    >
      <Field label={t("emergency")} required>
        <Textarea rows={3} value={reason} onChange={(event) => setReason(event.target.value)} />
      </Field>
    </TypeNameDialog>
  );
}
