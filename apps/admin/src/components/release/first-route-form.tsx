"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ChangeEvent, type FormEvent, useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { Input } from "../ui/input.tsx";
import { RefusalNotice } from "../ui/refusal-notice.tsx";
import { parseUpstream } from "./parse-upstream.ts";

/** Everything that a first route needs, in one sentence; makes cluster, route and listener in the draft. */
export function FirstRouteForm({ onDone }: { readonly onDone: () => void | Promise<void> }) {
  const t = useTranslations("release.firstRoute");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [domain, setDomain] = useState("*");
  const [path, setPath] = useState("/");
  const [port, setPort] = useState("10000");
  const [upstream, setUpstream] = useState("");
  const [tried, setTried] = useState(false);
  const target = parseUpstream(upstream);
  const portNumber =
    /^\d+$/.test(port) && Number(port) > 0 && Number(port) < 65536 ? Number(port) : undefined;
  const create = useMutation({
    ...trpc.draft.firstRoute.mutationOptions(),
    onSuccess: async () => {
      await queries.invalidateQueries(trpc.draft.pathFilter());
      await onDone();
    },
  });

  function submit(event: FormEvent): void {
    event.preventDefault();
    setTried(true);
    if (!target || !domain || !path.startsWith("/") || portNumber === undefined) return;
    create.mutate({ domain, path, port: portNumber, host: target.host, upstreamPort: target.port });
  }

  return (
    <form onSubmit={submit} noValidate className="flex max-w-2xl flex-col gap-5">
      <RefusalNotice error={create.error} title={t("failed")} />
      <div className="rounded-lg border border-line bg-canvas p-4">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm" aria-live="polite">
          {t.rich("sentence", {
            code: (chunks) => (
              <code className="rounded-sm bg-sunken px-1.5 py-0.5 font-mono text-xs">{chunks}</code>
            ),
            domain: domain === "*" ? t("anyDomain") : domain || "…",
            path: path || "/",
            port: port || "…",
            upstream: upstream || "…",
          })}
        </p>
        <p className="mt-3 flex flex-wrap items-center gap-2 text-xs text-muted">
          <Icon name="listeners" size={14} /> {t("listener", { port: port || "…" })}
          <Icon name="arrowRight" size={12} />
          <Icon name="routes" size={14} /> {domain || "…"}
          {path}
          <Icon name="arrowRight" size={12} />
          <Icon name="clusters" size={14} /> {upstream || "…"}
        </p>
      </div>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          label={t("domain")}
          hint={t("domainHint")}
          required
          error={tried && !domain ? t("domainNeeded") : undefined}
        >
          <Input
            value={domain}
            onChange={(event: ChangeEvent<HTMLInputElement>) => setDomain(event.target.value.trim())}
          />
        </Field>
        <Field
          label={t("path")}
          hint={t("pathHint")}
          required
          error={tried && !path.startsWith("/") ? t("pathSlash") : undefined}
        >
          <Input
            value={path}
            onChange={(event: ChangeEvent<HTMLInputElement>) => setPath(event.target.value.trim())}
          />
        </Field>
        <Field
          label={t("port")}
          hint={t("portHint")}
          required
          error={tried && portNumber === undefined ? t("portRange") : undefined}
        >
          <Input
            inputMode="numeric"
            value={port}
            onChange={(event: ChangeEvent<HTMLInputElement>) => setPort(event.target.value.trim())}
          />
        </Field>
        <Field
          label={t("upstream")}
          hint={t("upstreamHint")}
          required
          error={tried && !target ? t("upstreamForm") : undefined}
        >
          <Input
            value={upstream}
            autoFocus
            placeholder="127.0.0.1:8080"
            onChange={(event: ChangeEvent<HTMLInputElement>) => setUpstream(event.target.value.trim())}
          />
        </Field>
      </div>
      <div>
        <Button type="submit" tone="primary" icon="arrowRight" busy={create.isPending}>
          {t("submit")}
        </Button>
      </div>
    </form>
  );
}
