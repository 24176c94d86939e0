/** Who may sign in with a password: everybody who has one, or administrators only, for when a provider is away. Never nobody. */
export type PasswordSignIn = "everyone" | "administrators";

/** Whether accounts with a password need a second factor: an authenticator app or a passkey. */
export interface SecondFactorPolicy {
  readonly required: boolean;
  /** How long somebody may go on without one, from when it became compulsory, or the account was made. */
  readonly graceDays: number;
}

export interface SecondFactorState extends SecondFactorPolicy {
  /** Undefined: it is not compulsory. */
  readonly since: Date | undefined;
  /** Accounts with a password that have none. */
  readonly lacking: number;
}

/** Whoever has `value` in the provider's roles claim gets `role`. */
export interface RoleRule {
  readonly value: string;
  /** Name of a built-in or a custom role. */
  readonly role: string;
}

/** An OpenID provider with which people sign on. */
export interface SignOnSettings {
  /** Lower case, digits and dashes; part of the callback's address `/api/auth/callback/<id>`, so that it stays. */
  readonly id: string;
  /** On the button of the sign-in page. */
  readonly name: string;
  readonly enabled: boolean;
  /** As the provider's discovery document says it, to the letter. */
  readonly issuer: string;
  readonly clientId: string;
  /** Asked for; `openid` always is. Default `openid email profile`. */
  readonly scopes?: readonly string[] | undefined;
  /** Domains of e-mail addresses that may sign on; none: all. */
  readonly domains?: readonly string[] | undefined;
  /** Claim that says groups or roles: `groups`, `realm_access.roles`. Without one, roles are given on the page People. */
  readonly rolesClaim?: string | undefined;
  /** The first that fits counts. */
  readonly roleRules?: readonly RoleRule[] | undefined;
  /** Where no rule fits, and of new accounts where there is no claim; undefined: refused. */
  readonly defaultRole?: string | undefined;
  /** Whether an account is made for who has none. Default no. */
  readonly createAccounts?: boolean | undefined;
  /** Whether the account with the same e-mail is taken at the first sign-on. Default no. */
  readonly linkByEmail?: boolean | undefined;
  /** Whether an e-mail of which the provider says nothing (no `email_verified`) counts as verified. Default no. One that the provider
   * calls unverified never does. */
  readonly trustEmail?: boolean | undefined;
  /** PEM roots that are trusted for this provider in place of the public ones. */
  readonly trust?: string | undefined;
}

type Optional = "rolesClaim" | "defaultRole" | "trust";

/** With the defaults. */
export type FullSettings = {
  readonly [K in Exclude<keyof SignOnSettings, Optional>]-?: NonNullable<SignOnSettings[K]>;
} & {
  readonly [K in Optional]: string | undefined;
};

export interface SignOnProvider extends FullSettings {
  readonly hasSecret: boolean;
  /** Accounts that signed on with it. */
  readonly accounts: number;
  readonly updatedAt: Date;
  readonly updatedBy: string;
}

export interface SignOnState {
  readonly providers: readonly SignOnProvider[];
  readonly passwordSignIn: PasswordSignIn;
  readonly secondFactor: SecondFactorState;
}

/** What anybody may know, to sign in. */
export interface SignOnChoices {
  readonly providers: readonly { readonly id: string; readonly name: string }[];
  readonly passwordSignIn: PasswordSignIn;
}
