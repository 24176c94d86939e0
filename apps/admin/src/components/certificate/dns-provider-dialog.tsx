"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { DialogForm } from "../ui/dialog-form.tsx";
import { KeyOnce } from "../ui/key-once.tsx";
import { DnsProviderFields, inputOf, NO_INPUT, settingsIn } from "./dns-provider-fields.tsx";

/** Who publishes records for DNS-01: those that are there, and a form for one more, or to change one. A new key is shown once. */
export function DnsProviderDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useTranslations("certificates.dns");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { data: providers = [] } = useQuery(trpc.acme.dnsProviders.queryOptions());
  const [fields, setFields] = useState(NO_INPUT);
  const [signingKey, setSigningKey] = useState<string>();
  const again = () => queries.invalidateQueries({ queryKey: [["acme"]], exact: false });
  const put = useMutation({
    ...trpc.acme.putDnsProvider.mutationOptions(),
    onSuccess: async ({ signingKey: made }) => {
      await again();
      if (made === undefined) onClose();
      else setSigningKey(made);
    },
  });
  const remove = useMutation({ ...trpc.acme.removeDnsProvider.mutationOptions(), onSuccess: again });

  function submit(): void {
    const secret = fields.secret.trim() || undefined;
    put.mutate({ name: fields.name.trim(), settings: settingsIn(fields), secret });
  }

  if (signingKey !== undefined)
    return (
      <Dialog open onOpenChange={onClose} title={t("title")} width="md">
        <KeyOnce
          title={t("keyMade")}
          hint={t("keyOnce")}
          value={signingKey}
          label={t("key")}
          done={t("done")}
          onDone={onClose}
        />
      </Dialog>
    );
  return (
    <Dialog open onOpenChange={onClose} title={t("title")} description={t("description")} width="md">
      {providers.length > 0 && (
        <ul
          aria-label={t("title")}
          className="mb-4 flex flex-col divide-y divide-line border-y border-line text-sm"
        >
          {providers.map((provider) => (
            <li key={provider.name} className="flex flex-wrap items-center gap-2 py-2">
              <span className="font-medium">{provider.name}</span>
              {provider.isDefault && <Badge tone="info">{t("asked")}</Badge>}
              <span className="min-w-0 flex-1 wrap-anywhere text-muted">
                {provider.settings.kind === "webhook" ? provider.settings.url : provider.settings.server}
              </span>
              <Button size="sm" onClick={() => setFields(inputOf(provider))}>
                {t("edit")}
              </Button>
              <Button size="sm" tone="danger" onClick={() => remove.mutate({ name: provider.name })}>
                {t("remove")}
              </Button>
            </li>
          ))}
        </ul>
      )}
      <DialogForm
        submit={t("save")}
        busy={put.isPending}
        error={put.error ?? remove.error}
        onSubmit={submit}
        onCancel={onClose}
      >
        <DnsProviderFields input={fields} onChange={(part) => setFields({ ...fields, ...part })} />
      </DialogForm>
    </Dialog>
  );
}
