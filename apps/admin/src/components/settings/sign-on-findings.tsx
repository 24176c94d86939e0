"use client";

import { useTranslations } from "use-intl";
import type { Finding, ProviderTest } from "../../server/sign-on/test-provider.ts";
import { StatusDot, type Tone } from "../ui/badge.tsx";
import { Notice } from "../ui/notice.tsx";

const TONES: Readonly<Record<Finding["state"], Tone>> = { fine: "ok", doubt: "warn", wrong: "bad" };

/** What the test of a provider has found, line by line. */
export function SignOnFindings({ test }: { readonly test: ProviderTest }) {
  const t = useTranslations("signOn");
  return (
    <Notice tone={test.works ? "ok" : "bad"} title={t(test.works ? "works" : "fails")}>
      <dl className="mt-2 grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 text-xs">
        {test.findings.map(({ about, state, text }) => (
          <div key={about} className="contents">
            <dt>
              <StatusDot tone={TONES[state]}>
                {t(`about.${about}`)}
                <span className="sr-only"> ({t(`states.${state}`)})</span>
              </StatusDot>
            </dt>
            <dd className="break-words">{text}</dd>
          </div>
        ))}
      </dl>
    </Notice>
  );
}
