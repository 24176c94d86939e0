import { isIP } from "node:net";
import { ConfigError } from "../contract.ts";
import { signingKeyBytes } from "./channel-secret.ts";
import {
  type ChannelKind,
  type ChannelSettings,
  type EmailSettings,
  MAIL_SECURITY,
  type Subscription,
  type WebhookSettings,
} from "./notification-contract.ts";

/** What a channel's form holds besides its secret. `settings` must be those of `kind`. */
export interface ChannelForm {
  readonly kind: ChannelKind;
  readonly settings: ChannelSettings;
}

const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;
const HOST_NAME = /^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?$/;
/** One address, perhaps with a name before it; no line ends, so no header can be put in. */
const MAILBOX = /^(?:[^<>\p{Cc}]{0,100}<)?[^\s<>@,;"\p{Cc}]{1,100}@[^\s<>@,;"\p{Cc}]{1,250}>?$/u;
const URL_LENGTH_MAX = 2_000;
const RECIPIENTS_MAX = 50;
const SUBSCRIPTIONS_MAX = 20;

/** Throws `bad_input` with what to write instead. */
export function requireChannelName(name: string): void {
  if (!NAME.test(name))
    throw refusal(`channel name '${name}': use up to 63 small letters, digits, dots, dashes and underscores`);
}

export function requireSubscriptions(subscriptions: readonly Subscription[]): void {
  if (subscriptions.length > SUBSCRIPTIONS_MAX)
    throw refusal(`a channel has at most ${SUBSCRIPTIONS_MAX} subscriptions`);
}

/** Answers the settings without what does not belong to the kind. Throws `bad_input`. */
export function requireSettings({ kind, settings }: ChannelForm): ChannelSettings {
  switch (kind) {
    case "webhook": {
      const { url = "" } = settings as Partial<WebhookSettings>;
      requireUrl(url);
      return { url };
    }
    case "email":
      if (!isEmail(settings)) throw refusal("an e-mail channel needs a server, a sender and recipients");
      return requireEmail(settings);
    case "slack":
      return {};
  }
}

/** Throws `bad_input` for what is no secret of that kind of channel. */
export function requireSecret(kind: ChannelKind, secret: string): void {
  if (kind === "webhook" && signingKeyBytes(secret) === undefined)
    throw refusal("a signing key is `whsec_` and 24 to 64 bytes in base64");
  if (kind === "slack") requireUrl(secret);
  if (kind === "email" && (secret === "" || secret.length > 1_000 || /\p{Cc}/u.test(secret)))
    throw refusal("a password has 1 to 1,000 characters and no control characters");
}

/** Throws `bad_input` when the settings need a secret and there is none, or there is one that nothing uses. */
export function requireMatchingSecret({ kind, settings }: ChannelForm, hasSecret: boolean): void {
  if (kind === "slack" && !hasSecret)
    throw refusal("a Slack channel needs the address of an incoming webhook");
  if (kind !== "email") return;
  const user = isEmail(settings) ? settings.user : undefined;
  if (user !== undefined && !hasSecret) throw refusal(`the mail server's user '${user}' needs a password`);
  if (user === undefined && hasSecret) throw refusal("a password needs a user of the mail server");
}

export function isEmail(settings: ChannelSettings): settings is EmailSettings {
  return "host" in settings;
}

function requireUrl(text: string): void {
  const url = URL.parse(text);
  const fine = url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
  if (!fine || text.length > URL_LENGTH_MAX)
    throw refusal("the address must begin with https:// or http:// and have no user or password in it");
}

function requireEmail(settings: EmailSettings): EmailSettings {
  const { host, port, security, user, from, to } = settings;
  if (!HOST_NAME.test(host) && isIP(host) === 0) throw refusal(`'${host}' is no name of a mail server`);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw refusal("the mail server's port is a number from 1 to 65535");
  if (!MAIL_SECURITY.includes(security)) throw refusal(`security is one of ${MAIL_SECURITY.join(", ")}`);
  if (user !== undefined && (user === "" || user.length > 320 || /\p{Cc}/u.test(user)))
    throw refusal("the mail server's user has 1 to 320 characters and no control characters");
  if (user !== undefined && security === "none")
    throw refusal("a password is not sent in plain text: choose tls or starttls, or leave the user out");
  if (to.length === 0 || to.length > RECIPIENTS_MAX) throw refusal(`name 1 to ${RECIPIENTS_MAX} recipients`);
  for (const address of [from, ...to])
    if (!MAILBOX.test(address)) throw refusal(`'${address}' is no e-mail address`);
  return { host, port, security, ...(user === undefined ? {} : { user }), from, to };
}

function refusal(message: string): ConfigError {
  return new ConfigError("bad_input", message);
}
