import type { AttemptedHost } from "@sluice/extension-api";
import { nameWithoutPort, withoutPort } from "./address-operators.ts";
import type { FormatContext } from "./format-context.ts";
import { type OperatorCompiler, type OperatorTable, plain } from "./operator.ts";
import { printing } from "./wanted-facts.ts";

/**
 * A TCP session tells of every host that it tried to connect to. A request tells of its last try alone, as in Envoy 1.40 (each try
 * has an UpstreamInfo of its own there), and of that once it has its connection.
 */
function hostsAttempted({ streamInfo }: FormatContext): readonly AttemptedHost[] | undefined {
  const { upstreamRemoteAddress: address, upstreamHostName: hostname = "", upstreamConnection } = streamInfo;
  const ofSession = streamInfo.upstreamSession?.hostsAttempted;
  if (ofSession !== undefined) return ofSession.length === 0 ? undefined : ofSession;
  return address === undefined || upstreamConnection === undefined ? undefined : [{ address, hostname }];
}

function ofHosts(pick: (host: AttemptedHost) => string): OperatorCompiler {
  const compile = plain((context) => hostsAttempted(context)?.map(pick).join(","));
  return (argument, name) => {
    const provider = compile(argument, name);
    return typeof provider === "string" ? provider : printing("attempts", provider);
  };
}

const nameOf = ({ hostname, address }: AttemptedHost): string => hostname || address;

export const ATTEMPT_OPERATORS: OperatorTable = {
  UPSTREAM_HOSTS_ATTEMPTED: ofHosts(({ address }) => address),
  UPSTREAM_HOSTS_ATTEMPTED_WITHOUT_PORT: ofHosts(({ address }) => withoutPort(address)),
  UPSTREAM_HOST_NAMES_ATTEMPTED: ofHosts(nameOf),
  UPSTREAM_HOST_NAMES_ATTEMPTED_WITHOUT_PORT: ofHosts((host) => nameWithoutPort(nameOf(host))),
  // None of those that could not be connected.
  UPSTREAM_CONNECTION_IDS_ATTEMPTED: plain(({ streamInfo }) => streamInfo.upstreamConnectionId?.toString()),
};
