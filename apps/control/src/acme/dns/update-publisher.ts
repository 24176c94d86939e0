import { randomInt } from "node:crypto";
import {
  type DnsProviderAccess,
  type DnsRecord,
  type DynamicUpdateSettings,
  readServer,
} from "@sluice/config";
import { OutboundError, type OutboundTarget, resolveTarget } from "@sluice/config/outbound";
import { AcmeError } from "../acme-error.ts";
import { askOverTcp } from "./ask-over-tcp.ts";
import type { PublisherOptions, RecordPublisher } from "./record-publisher.ts";
import { answerProblem, signMessage, type TsigKey } from "./tsig.ts";
import { rcodeOf, type UpdateAction, updateMessage, zoneIn, zoneQuestion } from "./update-message.ts";

const IDS = 65_536;

/** RFC 2136: a signed message to the zone's primary name server, for each record. */
export function updatePublisher(
  { name: provider, secret, settings }: DnsProviderAccess & { readonly settings: DynamicUpdateSettings },
  { outbound, signal, now }: PublisherOptions,
): RecordPublisher {
  const key: TsigKey = {
    name: settings.keyName,
    algorithm: settings.algorithm,
    secret: Buffer.from(secret, "base64"),
  };

  async function target(): Promise<{ readonly target: OutboundTarget; readonly port: number }> {
    const server = readServer(settings.server);
    if (server === undefined) throw new AcmeError(`'${settings.server}' is no name server`);
    try {
      return { target: await resolveTarget(outbound, server.host), port: server.port };
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
      throw new AcmeError(`the DNS provider '${provider}' cannot be reached: ${error.message}`);
    }
  }

  /** The answer, if it is the name server's. */
  async function ask(what: string, message: Buffer): Promise<Buffer> {
    const nowS = () => Math.floor(now().getTime() / 1000);
    const { signed, mac } = signMessage(message, key, nowS());
    const answer = await askOverTcp({ ...(await target()), signal }, signed);
    const problem = problemIn(answer, () => answerProblem(answer, key, { mac, nowS: nowS() }));
    if (problem === undefined) return answer;
    throw new AcmeError(`the DNS provider '${provider}' did not ${what}: ${problem}`);
  }

  async function update(action: UpdateAction, record: DnsRecord): Promise<void> {
    const zone = settings.zone ?? (await zoneOf(record.name));
    await ask(`${WORDS[action]} ${record.name}`, updateMessage(randomInt(IDS), zone, { action, record }));
  }

  async function zoneOf(name: string): Promise<string> {
    const zone = zoneIn(await ask(`tell the zone of ${name}`, zoneQuestion(randomInt(IDS), name)));
    if (zone !== undefined) return zone;
    throw new AcmeError(`the DNS provider '${provider}' did not tell the zone of ${name}: name the zone`);
  }

  return {
    present: (record) => update("add", record),
    cleanUp: (record) => update("remove", record),
  };
}

const WORDS = { add: "put up", remove: "take away" } as const;

/** NXDOMAIN is no refusal: of a name that is not there yet, the zone is told all the same. */
const FINE = new Set(["NOERROR", "NXDOMAIN"]);

const RCODES: Readonly<Record<string, string>> = {
  REFUSED: "the name server refuses it: the key may not do this",
  NOTAUTH: "the name server is not responsible for this zone, or does not take the signature",
  NOTZONE: "the name is not in this zone",
};

/** What the server says of the signature tells more than its code. */
function problemIn(answer: Buffer, signatureProblem: () => string | undefined): string | undefined {
  try {
    const code = rcodeOf(answer);
    const problem = signatureProblem();
    if (FINE.has(code)) return problem;
    const refusal = RCODES[code] ?? `the name server answers ${code}`;
    return problem === undefined || problem === UNSIGNED ? refusal : problem;
  } catch {
    return "its answer is malformed";
  }
}

const UNSIGNED = "the name server's answer is not signed";
