"use client";

import type { AcmeChallengeType, CertificateChoice } from "@sluice/config";
import { ACME_CHALLENGE_TYPES, CERTIFICATE_KEY_TYPES, hasWildcard } from "@sluice/config/browser";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { Field } from "../ui/field.tsx";
import { FormDialog } from "../ui/form-dialog.tsx";
import { Input, Select } from "../ui/input.tsx";

export interface RequestCertificateDialogProps {
  /** Of the certificate whose choice is changed; undefined: they are asked for. */
  readonly names: readonly string[] | undefined;
  readonly choice: CertificateChoice | undefined;
  readonly onClose: () => void;
}

/** For which names there shall be an automatic certificate, and how it is got; there while it is open. */
export function RequestCertificateDialog({ names, choice, onClose }: RequestCertificateDialogProps) {
  const t = useTranslations("certificates.request");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { data: authorities = [] } = useQuery(trpc.acme.list.queryOptions());
  const { data: providers = [] } = useQuery(trpc.acme.dnsProviders.queryOptions());
  const [typed, setTyped] = useState(names?.join(", ") ?? "");
  const [authority, setAuthority] = useState(choice?.authority ?? "");
  const [challenge, setChallenge] = useState<AcmeChallengeType | "">(choice?.challenge ?? "");
  const [dnsProvider, setDnsProvider] = useState(choice?.dnsProvider ?? "");
  const [listener, setListener] = useState(choice?.listener ?? "");
  const [keyType, setKeyType] = useState(choice?.keyType ?? "ec-p256");
  const request = useMutation({
    ...trpc.certificate.request.mutationOptions(),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: [["certificate"]], exact: false });
      onClose();
    },
  });
  const wanted = names ?? typed.split(/[\s,]+/).filter((name) => name !== "");
  const proof = challenge === "" ? (hasWildcard(wanted) ? "dns-01" : "http-01") : challenge;

  function submit(): void {
    request.mutate({
      names: [...wanted],
      authority: authority || undefined,
      challenge: challenge || undefined,
      dnsProvider: proof === "dns-01" && dnsProvider !== "" ? dnsProvider : undefined,
      listener: proof === "tls-alpn-01" && listener.trim() !== "" ? listener.trim() : undefined,
      keyType,
    });
  }

  return (
    <FormDialog
      title={names === undefined ? t("title") : t("changeTitle")}
      description={t("description")}
      submit={names === undefined ? t("submit") : t("change")}
      busy={request.isPending}
      disabled={wanted.length === 0}
      error={request.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <Field label={t("names")} hint={names === undefined ? t("namesHint") : undefined} required>
        <Input
          required
          readOnly={names !== undefined}
          value={typed}
          placeholder="shop.example.com, www.shop.example.com"
          onChange={(event) => setTyped(event.target.value)}
        />
      </Field>
      <Field label={t("challenge")} hint={t(`hints.${proof}`)}>
        <Select
          value={challenge}
          onChange={(event) =>
            setChallenge(ACME_CHALLENGE_TYPES.find((type) => type === event.target.value) ?? "")
          }
        >
          <option value="">{t("challengeDefault", { type: t(`types.${proof}`) })}</option>
          {ACME_CHALLENGE_TYPES.map((type) => (
            <option key={type} value={type}>
              {t(`types.${type}`)}
            </option>
          ))}
        </Select>
      </Field>
      {proof === "dns-01" && (
        <Field label={t("provider")} error={providers.length === 0 ? t("noProvider") : undefined}>
          <Select value={dnsProvider} onChange={(event) => setDnsProvider(event.target.value)}>
            <option value="">{t("default", { name: providers[0]?.name ?? "–" })}</option>
            {providers.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </Select>
        </Field>
      )}
      {proof === "tls-alpn-01" && (
        <Field label={t("listener")} hint={t("listenerHint")}>
          <Input value={listener} onChange={(event) => setListener(event.target.value)} />
        </Field>
      )}
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label={t("authority")} warning={authorities.length === 0 ? t("noAuthority") : undefined}>
          <Select value={authority} onChange={(event) => setAuthority(event.target.value)}>
            <option value="">{t("default", { name: authorities[0]?.name ?? "–" })}</option>
            {authorities.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </Select>
        </Field>
        <Field label={t("keyType")}>
          <Select
            value={keyType}
            onChange={(event) =>
              setKeyType(CERTIFICATE_KEY_TYPES.find((type) => type === event.target.value) ?? "ec-p256")
            }
          >
            {CERTIFICATE_KEY_TYPES.map((type) => (
              <option key={type} value={type}>
                {t(`keyTypes.${type}`)}
              </option>
            ))}
          </Select>
        </Field>
      </div>
    </FormDialog>
  );
}
