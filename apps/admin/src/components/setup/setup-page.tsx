"use client";

import { useRouter } from "next/navigation";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useMay, useSession } from "../../client/session.tsx";
import { useUrlState } from "../chart/use-url-state.ts";
import { PasswordForm } from "../profile/password-form.tsx";
import { FirstRouteForm } from "../release/first-route-form.tsx";
import { ApplianceFields } from "../settings/appliance-fields.tsx";
import { Button, LinkButton } from "../ui/button.tsx";
import { classes } from "../ui/classes.ts";
import { NotAllowedPage } from "../ui/list-page.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { SetupNodes } from "./setup-nodes.tsx";
import { useSetup } from "./use-setup.ts";

const STEPS = ["account", "appliance", "nodes", "route"] as const;
type Step = (typeof STEPS)[number];

/** The first-run guide: four steps, each of which may be left out; ends in the review of the first route. */
export function SetupPage() {
  const t = useTranslations("setup");
  const router = useRouter();
  const mayManage = useMay()("settings.manage");
  const { busy, finish } = useSetup();
  const [read, write] = useUrlState();
  const step = STEPS.find((name) => name === read("step")) ?? "account";
  const at = STEPS.indexOf(step);
  const go = (by: 1 | -1): void => write({ step: STEPS[at + by] ?? "account" });
  const leave = async (href: string): Promise<void> => {
    await finish();
    router.push(href);
  };
  if (!mayManage)
    return (
      <NotAllowedPage title={t("title")} icon="settings" what={t("notAllowed")} hint={t("notAllowedHint")} />
    );
  const contents: Readonly<Record<Step, ReactNode>> = {
    account: <Account />,
    appliance: <ApplianceFields submit={t("saveAndNext")} onDone={() => go(1)} />,
    nodes: <SetupNodes />,
    route: (
      <>
        <FirstRouteForm onDone={() => leave("/publish")} />
        <p className="text-sm text-muted">
          {t("orImport")}{" "}
          <Button size="sm" onClick={() => void leave("/transfer/import")}>
            {t("import")}
          </Button>
        </p>
      </>
    ),
  };
  return (
    <>
      <PageHeader
        title={t("title")}
        description={t("description")}
        actions={
          <Button busy={busy} onClick={() => void leave("/")}>
            {t("skip")}
          </Button>
        }
      />
      <div className="flex flex-col gap-6 px-6 pb-10 max-sm:px-4">
        <Progress at={at} />
        <section aria-label={t(`steps.${step}`)} className="flex flex-col gap-4">
          <h2 className="text-base font-semibold">{t(`steps.${step}`)}</h2>
          <p className="max-w-2xl text-sm text-muted">{t(`hints.${step}`)}</p>
          {contents[step]}
        </section>
        <div className="flex gap-2">
          {at > 0 && <Button onClick={() => go(-1)}>{t("back")}</Button>}
          {at < STEPS.length - 1 && (
            <Button tone={step === "appliance" ? "default" : "primary"} onClick={() => go(1)}>
              {t("next")}
            </Button>
          )}
        </div>
      </div>
    </>
  );
}

function Progress({ at }: { readonly at: number }) {
  const t = useTranslations("setup");
  return (
    <ol className="flex flex-wrap gap-x-6 gap-y-2 text-sm" aria-label={t("progress")}>
      {STEPS.map((step, index) => (
        <li
          key={step}
          aria-current={index === at ? "step" : undefined}
          className={classes("flex items-center gap-2", index === at ? "font-medium text-ink" : "text-muted")}
        >
          <span
            aria-hidden="true"
            className={classes(
              "flex size-5 items-center justify-center rounded-full border text-xs tabular",
              index === at ? "border-accent text-accent" : "border-line-strong",
            )}
          >
            {index + 1}
          </span>
          {t(`steps.${step}`)}
        </li>
      ))}
    </ol>
  );
}

function Account() {
  const t = useTranslations("setup");
  const session = useSession();
  return (
    <>
      <p className="text-sm">{t("signedInAs", { email: session.email })}</p>
      <PasswordForm />
      <p className="text-sm text-muted">
        {t("more")}{" "}
        <LinkButton size="sm" href="/profile">
          {t("toProfile")}
        </LinkButton>
      </p>
    </>
  );
}
