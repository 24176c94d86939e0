"use client";

import type { AccessLogEntry } from "@sluice/telemetry";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import type { ReactNode } from "react";
import { useFormatter, useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { LinkButton } from "../ui/button.tsx";
import { CopyButton } from "../ui/copy-button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Icon } from "../ui/icon.tsx";
import { useQuantity } from "../ui/quantity.tsx";
import { requestChain, TIMING_KEYS, timingSteps } from "./request-chain.ts";
import { StatusCode } from "./status-code.tsx";

export interface RequestDrawerProps {
  readonly id: string;
  /** The row, where the list has it; else it is asked for. */
  readonly known: AccessLogEntry | undefined;
  readonly onClose: () => void;
}

/** One request: the way that it took, when what happened, and what its flags mean. */
export function RequestDrawer({ id, known, onClose }: RequestDrawerProps) {
  const t = useTranslations("requests");
  const trpc = useTRPC();
  const stored = useQuery(
    trpc.telemetry.request.queryOptions({ id }, { enabled: known === undefined, retry: false }),
  );
  const request = known ?? stored.data;
  const title =
    request === undefined ? t("title") : t("drawer.title", { method: request.method, path: request.path });
  return (
    <Dialog kind="drawer" open onOpenChange={(open) => !open && onClose()} title={title.trim()}>
      {stored.isError && <p className="text-sm text-muted">{t("drawer.gone")}</p>}
      {request && (
        <div className="flex flex-col gap-6">
          <Chain request={request} />
          <Flags request={request} />
          <Timings request={request} />
          <About request={request} />
          {request.traceId === "" ? (
            <p className="text-xs text-faint">{t("drawer.noTrace")}</p>
          ) : (
            <LinkButton href={`/traces/${request.traceId}`} icon="traces" className="self-start">
              {t("drawer.trace")}
            </LinkButton>
          )}
        </div>
      )}
    </Dialog>
  );
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h3 className="mb-2 text-sm font-semibold">{title}</h3>
      {children}
    </section>
  );
}

function Chain({ request }: { readonly request: AccessLogEntry }) {
  const t = useTranslations("requests");
  const { steps, stopped } = requestChain(request);
  return (
    <Part title={t("drawer.chain")}>
      <ol className="flex flex-col">
        {steps.map((step, index) => (
          <li key={step.kind} className="flex gap-3">
            <span className="flex w-4 flex-col items-center" aria-hidden="true">
              <span className="mt-1.5 size-2.5 shrink-0 rounded-full border-2 border-accent bg-surface" />
              {(index < steps.length - 1 || stopped) && <span className="w-px flex-1 bg-line-strong" />}
            </span>
            <span className="min-w-0 flex-1 pb-3">
              <span className="block text-xs text-muted">{t(`drawer.${step.kind}`)}</span>
              {step.href === undefined ? (
                <span className="text-sm font-medium wrap-anywhere">{step.name}</span>
              ) : (
                <Link href={step.href} className="text-sm font-medium wrap-anywhere hover:underline">
                  {step.name}
                </Link>
              )}
              {step.kind === "endpoint" && request.attempts > 0 && (
                <span className="ml-2 text-xs text-muted">
                  {t("drawer.attempts", { count: request.attempts })}
                </span>
              )}
            </span>
          </li>
        ))}
        {stopped && (
          <li className="flex items-center gap-3 text-sm text-bad">
            <Icon name="error" />
            {t("drawer.stoppedHere")}
          </li>
        )}
      </ol>
      <p className="mt-1 flex items-center gap-2 text-sm">
        <span className="text-muted">{t("drawer.response")}</span>
        <StatusCode status={request.status} />
        {request.details !== "" && (
          <code className="font-mono text-xs text-muted wrap-anywhere">{request.details}</code>
        )}
      </p>
    </Part>
  );
}

function Flags({ request }: { readonly request: AccessLogEntry }) {
  const t = useTranslations("requests");
  if (request.flags.length === 0) return null;
  return (
    <Part title={t("drawer.flags")}>
      <dl className="flex flex-col gap-1 text-sm">
        {request.flags.map((flag) => (
          <div key={flag} className="flex gap-3">
            <dt className="w-14 shrink-0 font-mono text-xs leading-5 text-warn">{flag}</dt>
            <dd>
              {t(t.has(`flags.${flag}` as "flags.UF") ? (`flags.${flag}` as "flags.UF") : "flags.unknown")}
            </dd>
          </div>
        ))}
      </dl>
    </Part>
  );
}

function Timings({ request }: { readonly request: AccessLogEntry }) {
  const t = useTranslations("requests");
  const quantity = useQuantity();
  const steps = timingSteps(request);
  if (steps.length === 0) return null;
  const keys: Readonly<Record<string, (typeof TIMING_KEYS)[keyof typeof TIMING_KEYS]>> = TIMING_KEYS;
  return (
    <Part title={t("drawer.timings")}>
      <ul className="flex flex-col gap-1.5 text-xs">
        {steps.map(({ name, ms, share }) => {
          const key = keys[name];
          return (
            <li
              key={name}
              className="grid grid-cols-[11rem_minmax(0,1fr)_4.5rem] items-center gap-2 max-sm:grid-cols-[8rem_minmax(0,1fr)_4rem]"
            >
              <span className="truncate">{key === undefined ? name : t(`timing.${key}`)}</span>
              <span className="h-1.5 rounded-full bg-hover" aria-hidden="true">
                <span
                  className="block h-full rounded-full bg-accent"
                  style={{ width: `${Math.max(1, share * 100)}%` }}
                />
              </span>
              <span className="tabular text-right">{quantity(ms, "milliseconds")}</span>
            </li>
          );
        })}
      </ul>
    </Part>
  );
}

function About({ request }: { readonly request: AccessLogEntry }) {
  const t = useTranslations("requests");
  const format = useFormatter();
  const quantity = useQuantity();
  const facts: readonly (readonly [string, string, boolean?])[] = [
    [t("drawer.at"), format.dateTime(request.at, { dateStyle: "medium", timeStyle: "long" })],
    [t("drawer.duration"), quantity(request.durationMs, "milliseconds")],
    [t("columns.host"), request.authority],
    [t("drawer.node"), request.node],
    [t("drawer.protocol"), request.protocol],
    [t("drawer.received"), quantity(request.bytesReceived, "bytes")],
    [t("drawer.sent"), quantity(request.bytesSent, "bytes")],
    [t("drawer.userAgent"), request.userAgent],
    [t("drawer.requestId"), request.requestId, true],
    [t("drawer.traceId"), request.traceId, true],
  ];
  return (
    <Part title={t("drawer.about")}>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 text-sm">
        {facts
          .filter(([, value]) => value !== "")
          .map(([label, value, copy]) => (
            <div key={label} className="contents">
              <dt className="text-muted">{label}</dt>
              <dd className="tabular flex min-w-0 items-center gap-1 wrap-anywhere">
                {value}
                {copy && <CopyButton text={value} />}
              </dd>
            </div>
          ))}
      </dl>
    </Part>
  );
}
