"use client";

import { useRouter } from "next/navigation";
import { useTranslations } from "use-intl";
import { PageHeader } from "../ui/page-header.tsx";
import { FirstRouteForm } from "./first-route-form.tsx";

/** The guided first route; leads to the review. */
export function FirstRoutePage() {
  const t = useTranslations("release.firstRoute");
  const router = useRouter();
  return (
    <>
      <PageHeader title={t("title")} description={t("description")} />
      <div className="px-6 pb-8 max-sm:px-4">
        <FirstRouteForm onDone={() => router.push("/publish")} />
      </div>
    </>
  );
}
