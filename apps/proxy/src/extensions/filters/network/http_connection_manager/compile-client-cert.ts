import type { Compiled } from "@sluice/extension-api";
import {
  compileExtension,
  compileMatcher,
  INSUFFICIENT_DATA,
  type KnownExtensions,
  known,
} from "@sluice/matching";
import {
  type HttpConnectionManager_ForwardClientCertConfig as CertConfig,
  HttpConnectionManager_ForwardClientCertConfigSchema as CertConfigSchema,
  HttpConnectionManager_ForwardClientCertDetails as CertDetails,
  HttpConnectionManager_ForwardClientCertFormat as CertFormat,
  type HttpConnectionManager as Config,
  type HttpConnectionManager_SetCurrentClientCertDetails as CurrentDetails,
} from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { HTTP_MATCHING } from "../../../../cel/cel-matching.ts";
import type {
  ClientCertChoice,
  ClientCertRule,
} from "../../../../http-connection-manager/forward-client-cert.ts";

/** `forward_client_cert_details`, or what `forward_client_cert_matcher` chooses for a request. */
export function compileClientCert(config: Config): Compiled<ClientCertChoice> {
  const rule = compileRule(config.forwardClientCertDetails, config.setCurrentClientCertDetails);
  if (config.forwardClientCertMatcher === undefined) {
    return { ok: true, value: { rule, choose: undefined } };
  }
  const tree = compileMatcher<ClientCertRule>(
    config.forwardClientCertMatcher,
    "forward_client_cert_matcher",
    {
      ...HTTP_MATCHING,
      keepMatching: false,
      action: (action, path) => compileExtension(action, ACTIONS, "client certificate action", path),
    },
  );
  if (!tree.ok) return tree;
  return {
    ok: true,
    value: {
      rule,
      choose: (data) => {
        const found = tree.value.match(data);
        return found === undefined || found === INSUFFICIENT_DATA ? undefined : found;
      },
    },
  };
}

const ACTIONS: KnownExtensions<ClientCertRule> = new Map([
  known<CertConfig, ClientCertRule>(CertConfigSchema, (action) => ({
    ok: true,
    value: compileRule(action.forwardClientCertDetails, action.setCurrentClientCertDetails),
  })),
]);

function compileRule(mode: CertDetails, details: CurrentDetails | undefined): ClientCertRule {
  return {
    mode: MODES[mode],
    json: details?.format === CertFormat.JSON,
    subject: details?.subject ?? false,
    issuer: details?.issuer ?? false,
    cert: details?.cert ?? false,
    chain: details?.chain ?? false,
    dns: details?.dns ?? false,
    uri: details?.uri ?? false,
  };
}

const MODES: Readonly<Record<CertDetails, ClientCertRule["mode"]>> = {
  [CertDetails.SANITIZE]: "sanitize",
  [CertDetails.FORWARD_ONLY]: "forwardOnly",
  [CertDetails.APPEND_FORWARD]: "appendForward",
  [CertDetails.SANITIZE_SET]: "sanitizeSet",
  [CertDetails.ALWAYS_FORWARD_ONLY]: "alwaysForwardOnly",
};
