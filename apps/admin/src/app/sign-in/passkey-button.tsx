"use client";

import { useEffect, useState } from "react";
import { useTranslations } from "use-intl";
import { canHavePasskeys, type PasskeyOutcome, signInWithPasskey } from "../../client/passkey.ts";
import { Button } from "../../components/ui/button.tsx";

/** Signs in with a passkey alone; not there where the browser knows none. */
export function PasskeyButton({
  onDone,
}: {
  /** Every outcome; `done`: signed in. */
  readonly onDone: (outcome: PasskeyOutcome | undefined) => void;
}) {
  const t = useTranslations("signIn");
  const [possible, setPossible] = useState(false);
  const [busy, setBusy] = useState(false);
  useEffect(() => setPossible(canHavePasskeys()), []);

  async function go(): Promise<void> {
    setBusy(true);
    onDone(undefined);
    const outcome = await signInWithPasskey();
    if (outcome !== "done") setBusy(false);
    onDone(outcome);
  }

  if (!possible) return null;
  return (
    <Button busy={busy} icon="secrets" onClick={() => void go()}>
      {t("passkey")}
    </Button>
  );
}
