import { PROBE_METHODS, type SyntheticProbe } from "@sluice/config/contract";

/** What the form of a synthetic request holds: texts as typed. */
export interface ProbeForm {
  readonly listener: string;
  readonly method: string;
  readonly url: string;
  /** A header a line. */
  readonly headers: string;
  readonly statuses: string;
  readonly bodyContains: string;
  readonly timeoutSeconds: string;
  readonly attempts: string;
  /** `node=host:port` a line. */
  readonly addresses: string;
}

export const EMPTY_PROBE: ProbeForm = {
  listener: "",
  method: "GET",
  url: "",
  headers: "",
  statuses: "200",
  bodyContains: "",
  timeoutSeconds: "5",
  attempts: "3",
  addresses: "",
};

export type ProbeProblems = Partial<Record<keyof ProbeForm, true>>;

export interface ReadProbe {
  readonly probe: SyntheticProbe | undefined;
  readonly problems: ProbeProblems;
}

/** What to send, or what is wrong at which field; the server checks all of it again. */
export function readProbe(form: ProbeForm): ReadProbe {
  const method = PROBE_METHODS.find((known) => known === form.method);
  const headers = linesOf(form.headers).map((line) => splitAt(line, line.indexOf(":")));
  const addresses = linesOf(form.addresses).map((line) => splitAt(line, line.lastIndexOf("=")));
  const statuses = form.statuses.split(",").map((text) => Number(text.trim() || "none"));
  const timeoutMs = Math.round(Number(form.timeoutSeconds) * 1000);
  const attempts = Number(form.attempts);
  const url = URL.parse(form.url.trim());
  const problems: ProbeProblems = {
    ...(form.listener.trim() === "" ? { listener: true } : {}),
    ...(url === null || !["http:", "https:"].includes(url.protocol) ? { url: true } : {}),
    ...(headers.includes(undefined) ? { headers: true } : {}),
    ...(addresses.includes(undefined) ? { addresses: true } : {}),
    ...(statuses.every((status) => Number.isInteger(status) && status >= 200 && status <= 599)
      ? {}
      : { statuses: true }),
    ...(timeoutMs >= 100 && timeoutMs <= 10_000 ? {} : { timeoutSeconds: true }),
    ...(Number.isInteger(attempts) && attempts >= 1 && attempts <= 20 ? {} : { attempts: true }),
  };
  if (method === undefined || Object.keys(problems).length > 0) return { probe: undefined, problems };
  const probe = {
    listener: form.listener.trim(),
    method,
    url: form.url.trim(),
    headers: headers.flatMap((pair) => (pair === undefined ? [] : [{ name: pair[0], value: pair[1] }])),
    statuses,
    bodyContains: form.bodyContains,
    timeoutMs,
    attempts,
    addresses: Object.fromEntries(addresses.flatMap((pair) => (pair === undefined ? [] : [pair]))),
  };
  return { probe, problems };
}

export function formOfProbe(probe: SyntheticProbe): ProbeForm {
  return {
    listener: probe.listener,
    method: probe.method,
    url: probe.url,
    headers: probe.headers.map(({ name, value }) => `${name}: ${value}`).join("\n"),
    statuses: probe.statuses.join(", "),
    bodyContains: probe.bodyContains,
    timeoutSeconds: String(probe.timeoutMs / 1000),
    attempts: String(probe.attempts),
    addresses: Object.entries(probe.addresses)
      .map(([node, address]) => `${node}=${address}`)
      .join("\n"),
  };
}

function linesOf(text: string): readonly string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}

function splitAt(line: string, at: number): readonly [string, string] | undefined {
  const [left, right] = [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  return at < 1 || left === "" || right === "" ? undefined : [left, right];
}
