import { ConfigError } from "../contract.ts";
import type { SourceSettings } from "./source-contract.ts";

const INTERVAL_MS = { default: 60_000, min: 10_000, max: 86_400_000 };

/** Settings with their defaults. `bad_input` for what git or a file system could take for something else. */
export function checkSettings(
  input: SourceSettings,
): Required<{ [K in keyof SourceSettings]: NonNullable<SourceSettings[K]> }> {
  const refuse = (message: string) => new ConfigError("bad_input", message);
  const { name, kind, winner, apply } = input;
  const ref = input.ref || "HEAD";
  const path = (input.path ?? "").replace(/^\.?\/+|\/+$/g, "");
  const intervalMs = input.intervalMs ?? INTERVAL_MS.default;
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name))
    throw refuse("a source's name has lower-case letters, digits and dashes, at most 63");
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,249})$/.test(ref) || /\.\.|\/\/|@\{|\.lock$|\/$/.test(ref))
    throw refuse(`'${ref}' is no branch, tag or commit`);
  if (
    path !== "" &&
    (!/^[A-Za-z0-9._][A-Za-z0-9._/ -]{0,1023}$/.test(path) ||
      path.split("/").some((part) => /^\.*$/.test(part)))
  )
    throw refuse(`'${path}' is no folder of a source`);
  if (!(intervalMs >= INTERVAL_MS.min && intervalMs <= INTERVAL_MS.max && Number.isInteger(intervalMs)))
    throw refuse("between two looks at a source lie 10 seconds to a day");
  if (winner === "ui" && apply === "automatic")
    throw refuse(
      "where the dashboard wins nothing is applied by itself: let the source win, or apply it by hand",
    );
  const location = kind === "git" ? checkAddress(input.location) : input.location;
  if (location === "" || location.includes("\0")) throw refuse("say where the source is");
  return { name, kind, location, ref, path, winner, apply, group: input.group ?? "default", intervalMs };
}

/** An address that git can take for nothing but an address. */
function checkAddress(text: string): string {
  const url = URL.parse(text);
  const refuse = (message: string) => new ConfigError("bad_input", message);
  if (url === null || !["https:", "ssh:", "file:"].includes(url.protocol))
    throw refuse("a repository's address begins with https://, ssh:// or file://");
  if (/[\s\0]/.test(text) || text.length > 2_048) throw refuse("a repository's address has no spaces");
  if (url.password !== "" || (url.protocol === "https:" && url.username !== ""))
    throw refuse("credentials do not belong into the address: they have fields of their own");
  if (
    url.protocol === "file:"
      ? url.host !== ""
      : !/^(?:\[[0-9a-f:.]+\]|[a-z0-9][a-z0-9.-]*)$/i.test(url.hostname)
  )
    throw refuse("the repository's host cannot be read");
  if (url.username !== "" && !/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(url.username))
    throw refuse("the address has a user that cannot be one");
  if (url.hash !== "" || url.search !== "" || /^\/-/.test(url.pathname))
    throw refuse("the address has parts that git does not take");
  return text;
}
