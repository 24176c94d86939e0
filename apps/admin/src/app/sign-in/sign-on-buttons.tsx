"use client";

import { useState } from "react";
import { useTranslations } from "use-intl";
import { Button } from "../../components/ui/button.tsx";
import type { SignOnChoices } from "../../server/sign-on/sign-on-contract.ts";

export interface SignOnButtonsProps {
  readonly providers: SignOnChoices["providers"];
  /** One of our own pages, to come back to. */
  readonly next: string;
  /** With a code for `SignOnNotice`; undefined when a new try begins. */
  readonly onFailure: (code: string | undefined) => void;
}

/** Leads to the sign-in page of an OpenID provider. */
export function SignOnButtons({ providers, next, onFailure }: SignOnButtonsProps) {
  const t = useTranslations("signIn");
  const [going, setGoing] = useState<string>();

  async function go(provider: string): Promise<void> {
    setGoing(provider);
    onFailure(undefined);
    const answer = await fetch("/api/auth/sign-in/social", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ provider, callbackURL: next, disableRedirect: true }),
    }).catch(() => undefined);
    const body = (await answer?.json().catch(() => undefined)) as
      | { readonly url?: string; readonly code?: string }
      | undefined;
    if (answer?.ok === true && body?.url !== undefined) return window.location.assign(body.url);
    setGoing(undefined);
    onFailure(body?.code ?? "server_away");
  }

  if (providers.length === 0) return null;
  return (
    <div className="flex flex-col gap-2">
      {providers.map(({ id, name }) => (
        <Button key={id} busy={going === id} onClick={() => void go(id)}>
          {t("continueWith", { name })}
        </Button>
      ))}
      <p className="flex items-center gap-2 text-xs text-faint before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
        {t("or")}
      </p>
    </div>
  );
}
