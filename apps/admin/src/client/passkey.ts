/** Whether this browser, at this address, can have passkeys: they need a name and TLS, or localhost. */
export function canHavePasskeys(): boolean {
  return (
    typeof PublicKeyCredential !== "undefined" &&
    "parseCreationOptionsFromJSON" in PublicKeyCredential &&
    !/^\d+(\.\d+){3}$|:/.test(window.location.hostname)
  );
}

/** `cancelled`: by the person or the browser, or it is there already; `stale`: one has to have signed in a moment ago. */
export type PasskeyOutcome = "done" | "cancelled" | "stale" | "disabled" | "refused" | "tooMany" | "away";

/** Makes a passkey for who is signed in. */
export async function addPasskey(name: string): Promise<PasskeyOutcome> {
  return await attempt(async () => {
    const options = await ask<PublicKeyCredentialCreationOptionsJSON>("generate-register-options");
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    const made = await navigator.credentials.create({ publicKey });
    await ask("verify-registration", { name, response: jsonOf(made) });
  });
}

/** Signs in with whichever passkey the person chooses; the session's cookie is there then. */
export async function signInWithPasskey(): Promise<PasskeyOutcome> {
  return await attempt(async () => {
    const options = await ask<PublicKeyCredentialRequestOptionsJSON>("generate-authenticate-options");
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
    const found = await navigator.credentials.get({
      publicKey: { ...publicKey, userVerification: "required" },
    });
    await ask("verify-authentication", { response: jsonOf(found) });
  });
}

class Refused extends Error {
  readonly outcome: PasskeyOutcome;
  constructor(outcome: PasskeyOutcome) {
    super(outcome);
    this.outcome = outcome;
  }
}

async function attempt(work: () => Promise<void>): Promise<PasskeyOutcome> {
  try {
    await work();
    return "done";
  } catch (error) {
    if (error instanceof Refused) return error.outcome;
    return error instanceof DOMException ? "cancelled" : "away";
  }
}

const OUTCOMES: Readonly<Record<string, PasskeyOutcome>> = {
  SESSION_NOT_FRESH: "stale",
  ACCOUNT_DISABLED: "disabled",
  TOO_MANY_ATTEMPTS: "tooMany",
};

async function ask<T>(path: string, body?: object): Promise<T> {
  const answer = await fetch(`/api/auth/passkey/${path}`, {
    ...(body === undefined
      ? {}
      : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  const said = (await answer.json().catch(() => ({}))) as T & { readonly code?: string };
  if (answer.ok) return said;
  throw new Refused(answer.status >= 500 ? "away" : (OUTCOMES[said.code ?? ""] ?? "refused"));
}

function jsonOf(credential: Credential | null): unknown {
  if (credential instanceof PublicKeyCredential) return credential.toJSON();
  throw new Refused("cancelled");
}
