"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { RequestCertificateDialog } from "../certificate/request-certificate-dialog.tsx";
import { listAt, textAt, valueAt } from "../resource/field-value.ts";
import { problemAt } from "../resource/problems-at.ts";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { useForm } from "./form-context.tsx";
import { FormSection } from "./form-section.tsx";
import { RDS_SOURCE } from "./new-manager.ts";

const TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext";
const PREFIX = "automatic:";
const SDS = "transport_socket.typed_config.common_tls_context.tls_certificate_sds_secret_configs";

/** Per filter chain that is plain, or has an automatic certificate: the names that it is for. What has other TLS is left alone. */
export function AutomaticCertificateFields() {
  const t = useTranslations("config.listener");
  const { value } = useForm();
  const chains = listAt(value, "filter_chains").flatMap((chain, index) => {
    const certificate = textAt(listAt(chain, SDS)[0], "name");
    const plain = valueAt(chain, "transport_socket") === undefined;
    return plain || certificate.startsWith(PREFIX) ? [index] : [];
  });
  if (chains.length === 0) return null;
  return (
    <FormSection title={t("automatic")} description={t("automaticHint")}>
      {chains.map((index) => (
        <NamesField key={index} index={index} />
      ))}
    </FormSection>
  );
}

function NamesField({ index }: { readonly index: number }) {
  const t = useTranslations("config.listener");
  const { value, edit, problems, readOnly } = useForm();
  const path = `filter_chains[${index}].transport_socket`;
  const stored = textAt(listAt(value, `filter_chains[${index}].${SDS}`)[0], "name").slice(PREFIX.length);
  const [typed, setTyped] = useState<string>();
  const problem = problemAt(problems, path, true);

  function store(text: string): void {
    setTyped(undefined);
    const names = text
      .split(/[\s,]+/)
      .filter((name) => name !== "")
      .map((name) => name.toLowerCase())
      .join(",");
    if (names === stored) return;
    const certificate = { name: `${PREFIX}${names}`, sds_config: RDS_SOURCE };
    const socket = {
      name: "envoy.transport_sockets.tls",
      typed_config: {
        "@type": TLS,
        common_tls_context: {
          alpn_protocols: ["h2", "http/1.1"],
          tls_certificate_sds_secret_configs: [certificate],
        },
      },
    };
    edit([
      names === ""
        ? { op: "remove", path }
        : stored === ""
          ? { op: "set", path, value: socket }
          : { op: "set", path: `filter_chains[${index}].${SDS}[0].name`, value: certificate.name },
    ]);
  }

  return (
    <div className="flex flex-col items-start gap-2">
      <Field
        className="w-full"
        label={t("automaticNames", { number: index + 1 })}
        hint={t("automaticNamesHint")}
        error={problem?.severity === "error" ? problem.message : undefined}
      >
        <Input
          data-path={path}
          value={typed ?? stored.replaceAll(",", ", ")}
          placeholder="shop.example.com, www.shop.example.com"
          readOnly={readOnly}
          onChange={(event) => setTyped(event.target.value)}
          onBlur={(event) => store(event.target.value)}
        />
      </Field>
      {stored !== "" && !readOnly && <ChoiceButton name={`${PREFIX}${stored}`} />}
    </div>
  );
}

/** How the certificate is got is no part of the listener: it is chosen at once, for whichever listener uses it. */
function ChoiceButton({ name }: { readonly name: string }) {
  const t = useTranslations("config.listener");
  const trpc = useTRPC();
  const may = useMay();
  const [open, setOpen] = useState(false);
  const { data } = useQuery(trpc.certificate.automatic.queryOptions(undefined, { enabled: open }));
  if (!may("secret.manage")) return null;
  const names = name.slice(PREFIX.length).split(",");
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>
        {t("automaticChoice")}
      </Button>
      {open && data !== undefined && (
        <RequestCertificateDialog
          names={names}
          choice={data.find((each) => each.name === name)?.choice}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}
