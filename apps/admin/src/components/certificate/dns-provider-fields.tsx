"use client";

import type { DnsProvider, DnsProviderSettings, TsigAlgorithm } from "@sluice/config";
import { useTranslations } from "use-intl";
import { Field } from "../ui/field.tsx";
import { Input, Select } from "../ui/input.tsx";

/** As `TSIG_ALGORITHMS` of @sluice/config, which no browser loads. */
const ALGORITHMS: readonly TsigAlgorithm[] = ["hmac-sha256", "hmac-sha384", "hmac-sha512"];

/** What is typed of a DNS provider, of either kind. */
export interface DnsProviderInput {
  readonly name: string;
  readonly kind: DnsProviderSettings["kind"];
  readonly url: string;
  readonly server: string;
  readonly zone: string;
  readonly keyName: string;
  readonly algorithm: TsigAlgorithm;
  readonly nameServers: string;
  readonly secret: string;
}

export const NO_INPUT: DnsProviderInput = {
  name: "",
  kind: "webhook",
  url: "",
  server: "",
  zone: "",
  keyName: "",
  algorithm: "hmac-sha256",
  nameServers: "",
  secret: "",
};

/** Of one that is there; its secret is never told. */
export function inputOf({ name, settings }: DnsProvider): DnsProviderInput {
  const nameServers = settings.nameServers.join(", ");
  if (settings.kind === "webhook") return { ...NO_INPUT, ...settings, name, nameServers };
  return { ...NO_INPUT, ...settings, name, nameServers, zone: settings.zone ?? "" };
}

export function settingsIn(input: DnsProviderInput) {
  const nameServers = input.nameServers.split(/[\s,]+/).filter((server) => server !== "");
  const { kind, algorithm } = input;
  if (kind === "webhook") return { kind, url: input.url.trim(), nameServers };
  const zone = input.zone.trim();
  const [server, keyName] = [input.server.trim(), input.keyName.trim()];
  return { kind, server, ...(zone === "" ? {} : { zone }), keyName, algorithm, nameServers };
}

export interface DnsProviderFieldsProps {
  readonly input: DnsProviderInput;
  readonly onChange: (part: Partial<DnsProviderInput>) => void;
}

export function DnsProviderFields({ input, onChange }: DnsProviderFieldsProps) {
  const t = useTranslations("certificates.dns");
  const text = (name: "url" | "server" | "zone" | "keyName" | "nameServers", required: boolean) => (
    <Field label={t(name)} hint={t(`${name}Hint`)} required={required}>
      <Input
        required={required}
        type={name === "url" ? "url" : "text"}
        value={input[name]}
        onChange={({ target }) => onChange({ [name]: target.value })}
      />
    </Field>
  );
  const update = input.kind === "rfc2136";
  return (
    <>
      <Field label={t("name")} required>
        <Input
          required
          maxLength={63}
          value={input.name}
          onChange={({ target }) => onChange({ name: target.value })}
        />
      </Field>
      <Field label={t("kind")}>
        <Select
          value={input.kind}
          onChange={({ target }) => onChange({ kind: target.value === "rfc2136" ? "rfc2136" : "webhook" })}
        >
          <option value="webhook">{t("kinds.webhook")}</option>
          <option value="rfc2136">{t("kinds.rfc2136")}</option>
        </Select>
      </Field>
      {update ? (
        <>
          {text("server", true)}
          {text("zone", false)}
          {text("keyName", true)}
          <Field label={t("algorithm")}>
            <Select
              value={input.algorithm}
              onChange={({ target }) =>
                onChange({ algorithm: ALGORITHMS.find((each) => each === target.value) ?? "hmac-sha256" })
              }
            >
              {ALGORITHMS.map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </Select>
          </Field>
        </>
      ) : (
        text("url", true)
      )}
      {text("nameServers", false)}
      <Field label={t(update ? "secret" : "key")} hint={t(update ? "secretHint" : "keyHint")}>
        <Input
          type="password"
          autoComplete="new-password"
          value={input.secret}
          onChange={({ target }) => onChange({ secret: target.value })}
        />
      </Field>
    </>
  );
}
