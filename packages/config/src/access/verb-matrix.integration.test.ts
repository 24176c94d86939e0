import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as api from "../index.ts";
import { clusterYaml, secretYaml } from "../testing/sample-resources.ts";
import { startConfig, type TestConfig } from "../testing/start-config.ts";
import { BUILT_IN_ROLES } from "./built-in-roles.ts";
import { mayAnywhere } from "./may.ts";
import { PERMISSION_NAMES, type Permission } from "./permission.ts";

let config: TestConfig;
before(async () => {
  config = await startConfig();
});
after(() => config.close());

type Verb = readonly [Permission, (context: api.Context) => Promise<unknown>];
const REF = { kind: "clusters", name: "x" } as const;
const ROUTE = { domain: "*", path: "/", port: 1, host: "h", upstreamPort: 1 };
const WEBHOOK = { kind: "webhook", settings: { url: "https://x.example" } } as const;
const RULE = { name: "r", measure: "error_rate", threshold: { when: "above", value: 0.1 } } as const;
const UUID = "00000000-0000-4000-8000-000000000000";
const RING = api.loadKeyRing({ secretKey: "ab".repeat(32), secretKeyFile: "", dataDir: "", warn: () => {} });
const SOURCE = { name: "s", kind: "directory", location: "x", winner: "ui", apply: "manual" } as const;
const FILES = [{ path: "x.yaml", text: clusterYaml("x") }];
const REQUEST = { method: "GET", url: "http://x/", headers: [] };

/** Every verb of the package with what it needs. A verb that is exported and stands neither here nor below fails the test. */
const VERBS: Readonly<Record<string, Verb>> = {
  addSource: ["settings.manage", (c) => api.addSource(c, RING, SOURCE)],
  applyImport: ["config.edit", (c) => api.applyImport(c, { files: FILES })],
  applySource: ["config.edit", (c) => api.applySource(c, RING, { name: "none" })],
  approveRequest: ["config.publish", (c) => api.approveRequest(c, { id: 1 })],
  breakGlass: ["approval.bypass", (c) => api.breakGlass(c, { id: 1, reason: "fire", confirm: "g" })],
  getApproval: ["config.read", (c) => api.getApproval(c, 1)],
  listApprovals: ["config.read", (c) => api.listApprovals(c)],
  protectGroup: ["group.manage", (c) => api.protectGroup(c, "none")],
  refuseRequest: ["config.publish", (c) => api.refuseRequest(c, { id: 1, reason: "no" })],
  unprotectGroup: ["group.manage", (c) => api.unprotectGroup(c, { group: "none", reason: "r" })],
  withdrawRequest: ["config.read", (c) => api.withdrawRequest(c, { id: 1 })],
  abortRollout: ["config.publish", (c) => api.abortRollout(c, { rollout: 1 })],
  askNode: ["node.operate", (c) => api.askNode(c, { node: "n", action: "drain" })],
  authorityStatus: ["config.read", (c) => api.authorityStatus(c)],
  blameResource: ["config.read", (c) => api.blameResource(c, REF)],
  changeChannel: ["notification.manage", (c) => api.changeChannel(c, { name: "c" })],
  changeSource: ["settings.manage", (c) => api.changeSource(c, RING, { ...SOURCE, name: "none" })],
  changeGroup: ["group.manage", (c) => api.changeGroup(c, { name: "g", selector: "a=b" })],
  checkDraft: ["config.read", (c) => api.checkDraft(c)],
  checkText: ["config.read", (c) => api.checkText(c, { kind: "clusters", yaml: "" })],
  createChannel: ["notification.manage", (c) => api.createChannel(c, { name: "C", ...WEBHOOK })],
  createFirstRoute: ["config.edit", (c) => api.createFirstRoute(c, ROUTE)],
  createGroup: ["group.manage", (c) => api.createGroup(c, { name: "g", selector: "a=b" })],
  createJoinToken: ["node.enroll", (c) => api.createJoinToken(c, {})],
  createSilence: ["alert.manage", (c) => api.createSilence(c, { reason: "", durationMs: 0 })],
  diffAny: ["config.read", (c) => api.diffAny(c, "live", "draft")],
  diffDraft: ["config.read", (c) => api.diffDraft(c)],
  diffVersions: ["config.read", (c) => api.diffVersions(c, 1, 2)],
  draftImpact: ["config.read", (c) => api.draftImpact(c)],
  draftStatus: ["config.read", (c) => api.draftStatus(c)],
  dryRunDraft: ["config.read", (c) => api.dryRunDraft(c)],
  endSilence: ["alert.manage", (c) => api.endSilence(c, UUID)],
  exportAudit: ["audit.read", (c) => api.exportAudit(c)],
  explainRequest: ["config.read", (c) => api.explainRequest(c, { ...REQUEST, source: "draft" })],
  dumpEntry: ["config.read", (c) => api.dumpEntry(c, "o", 0)],
  dumpOutline: ["config.read", (c) => api.dumpOutline(c, "o")],
  exportDraft: ["config.read", (c) => api.exportDraft(c)],
  exportFiles: ["config.read", (c) => api.exportFiles(c, "draft")],
  exportVersion: ["config.read", (c) => api.exportVersion(c)],
  freezeGroup: ["config.publish", (c) => api.freezeGroup(c, { group: "g", reason: "r" })],
  getAuditRetention: ["audit.read", (c) => api.getAuditRetention(c)],
  getNode: ["config.read", (c) => api.getNode(c, "n")],
  getOrder: ["config.read", (c) => api.getOrder(c, "o")],
  getResource: ["config.read", (c) => api.getResource(c, REF)],
  getVersion: ["config.read", (c) => api.getVersion(c, 1)],
  importYaml: ["config.edit", (c) => api.importYaml(c, { text: clusterYaml("x") })],
  listAlertRules: ["telemetry.read", (c) => api.listAlertRules(c)],
  listAlerts: ["telemetry.read", (c) => api.listAlerts(c)],
  expiringCertificates: ["config.read", (c) => api.expiringCertificates(c, 0)],
  getCertificates: ["config.read", (c) => api.getCertificates(c, REF)],
  keyStatus: ["settings.manage", (c) => api.keyStatus(c)],
  listAuthorities: ["config.read", (c) => api.listAuthorities(c)],
  listCertificates: ["config.read", (c) => api.listCertificates(c)],
  listManaged: ["config.read", (c) => api.listManaged(c)],
  putAuthority: [
    "settings.manage",
    (c) => api.putAuthority(c, { name: "a", directoryUrl: "https://a", termsAgreed: false }),
  ],
  removeAuthority: ["settings.manage", (c) => api.removeAuthority(c, "a")],
  listDnsProviders: ["config.read", (c) => api.listDnsProviders(c)],
  putDnsProvider: [
    "settings.manage",
    (c) =>
      api.putDnsProvider(c, { name: "d", settings: { kind: "webhook", url: "ftp://d", nameServers: [] } }),
  ],
  removeDnsProvider: ["settings.manage", (c) => api.removeDnsProvider(c, "d")],
  removeManaged: ["secret.manage", (c) => api.removeManaged(c, "automatic:a.example")],
  requestCertificate: ["secret.manage", (c) => api.requestCertificate(c, { names: ["a"] })],
  renewCertificate: ["secret.manage", (c) => api.renewCertificate(c, "a")],
  changeSettings: ["settings.manage", (c) => api.changeSettings(c, {})],
  finishSetup: ["settings.manage", (c) => api.finishSetup(c)],
  getSettings: ["config.read", (c) => api.getSettings(c)],
  setupOpen: ["config.read", (c) => api.setupOpen(c)],
  retireKey: ["settings.manage", (c) => api.retireKey(c, "a")],
  rotateKeys: ["settings.manage", (c) => api.rotateKeys(c)],
  listAudit: ["audit.read", (c) => api.listAudit(c)],
  listChannels: ["config.read", (c) => api.listChannels(c)],
  listDeliveries: ["config.read", (c) => api.listDeliveries(c)],
  listGroups: ["config.read", (c) => api.listGroups(c)],
  listJoinTokens: ["config.read", (c) => api.listJoinTokens(c)],
  listNodeCertificates: ["config.read", (c) => api.listNodeCertificates(c)],
  listNodes: ["config.read", (c) => api.listNodes(c)],
  listOrders: ["config.read", (c) => api.listOrders(c, "n")],
  listResources: ["config.read", (c) => api.listResources(c)],
  listRollouts: ["config.read", (c) => api.listRollouts(c)],
  listRouteTests: ["config.read", (c) => api.listRouteTests(c)],
  listSilences: ["telemetry.read", (c) => api.listSilences(c)],
  listSources: ["config.read", (c) => api.listSources(c)],
  listTags: ["config.read", (c) => api.listTags(c)],
  listVersions: ["config.read", (c) => api.listVersions(c)],
  liveVersion: ["config.read", (c) => api.liveVersion(c)],
  mergeText: ["config.read", (c) => api.mergeText(c, { ...REF, baseYaml: "", yaml: "" })],
  nodeComparison: ["config.read", (c) => api.nodeComparison(c, "o")],
  patchResource: ["config.edit", (c) => api.patchResource(c, { ...REF, edits: [], expectedRevision: 1 })],
  pauseRollout: ["config.publish", (c) => api.pauseRollout(c, { rollout: 1 })],
  planSource: ["config.read", (c) => api.planSource(c, RING, "none")],
  previewImport: ["config.read", (c) => api.previewImport(c, { files: FILES })],
  promoteRollout: ["config.publish", (c) => api.promoteRollout(c, { rollout: 1 })],
  publish: ["config.publish", (c) => api.publish(c, { message: "m" })],
  putAlertRule: ["alert.manage", (c) => api.putAlertRule(c, RULE)],
  putResource: ["config.edit", (c) => api.putResource(c, { kind: "clusters", yaml: clusterYaml("x") })],
  putRouteTest: [
    "config.edit",
    (c) => api.putRouteTest(c, { name: "t", ...REQUEST, expect: { route: "r" } }),
  ],
  readOrderContent: ["config.read", (c) => api.readOrderContent(c, "o")],
  references: ["config.read", (c) => api.references(c)],
  removeAlertRule: ["alert.manage", (c) => api.removeAlertRule(c, "r")],
  removeChannel: ["notification.manage", (c) => api.removeChannel(c, "c")],
  removeGroup: ["group.manage", (c) => api.removeGroup(c, "g")],
  removeNode: ["node.operate", (c) => api.removeNode(c, "n")],
  removeResource: ["config.edit", (c) => api.removeResource(c, REF)],
  removeRouteTest: ["config.edit", (c) => api.removeRouteTest(c, "t")],
  removeSource: ["settings.manage", (c) => api.removeSource(c, "none")],
  reorderGroups: ["group.manage", (c) => api.reorderGroups(c, [])],
  resendDelivery: ["notification.manage", (c) => api.resendDelivery(c, UUID)],
  resetDraft: ["config.edit", (c) => api.resetDraft(c)],
  resetResource: ["config.edit", (c) => api.resetResource(c, REF)],
  resumeRollout: ["config.publish", (c) => api.resumeRollout(c, { rollout: 1 })],
  revertResource: ["config.edit", (c) => api.revertResource(c, { ...REF, to: 0 })],
  revokeJoinToken: ["node.enroll", (c) => api.revokeJoinToken(c, "t")],
  revokeNode: ["node.enroll", (c) => api.revokeNode(c, "n")],
  rollback: ["config.publish", (c) => api.rollback(c, { version: 1 })],
  rolloutHistory: ["config.read", (c) => api.rolloutHistory(c, 1)],
  rolloutStatus: ["config.read", (c) => api.rolloutStatus(c)],
  rotateAuthority: ["node.enroll", (c) => api.rotateAuthority(c, { step: "start" })],
  runRouteTests: ["config.read", (c) => api.runRouteTests(c, { source: "draft" })],
  searchHistory: ["config.read", (c) => api.searchHistory(c, {})],
  setAuditRetention: ["settings.manage", (c) => api.setAuditRetention(c, {})],
  setGroupProbe: ["group.manage", (c) => api.setGroupProbe(c, { group: "g", probe: null })],
  setNodeLabels: ["node.operate", (c) => api.setNodeLabels(c, { id: "n", labels: {} })],
  tagVersion: ["config.publish", (c) => api.tagVersion(c, { version: 1, name: "t" })],
  testChannel: ["notification.manage", (c) => api.testChannel(c, "c")],
  tryAlertRule: ["telemetry.read", (c) => api.tryAlertRule(c, RULE, async () => [])],
  unfreezeGroup: ["config.publish", (c) => api.unfreezeGroup(c, "g")],
  untagVersion: ["config.publish", (c) => api.untagVersion(c, "t")],
  usedBy: ["config.read", (c) => api.usedBy(c, REF)],
  verifyAudit: ["audit.read", (c) => api.verifyAudit(c)],
  versionResources: ["config.read", (c) => api.versionResources(c, 1)],
  versionRouteTests: ["config.read", (c) => api.versionRouteTests(c, 1)],
};

/** Other things that verbs need besides, or for other input. */
const VARIANTS: Readonly<Record<string, Verb>> = {
  "putResource of a secret": [
    "secret.manage",
    (c) => api.putResource(c, { kind: "secrets", yaml: secretYaml("s", "k") }),
  ],
  "removeResource of a secret": [
    "secret.manage",
    (c) => api.removeResource(c, { kind: "secrets", name: "s" }),
  ],
  "askNode for what only reads": ["config.read", (c) => api.askNode(c, { node: "n", action: "config_dump" })],
  "importYaml as a preview": ["config.read", (c) => api.importYaml(c, { text: "", preview: true })],
};

/** Exports that decide nothing for a person: pure functions, the control plane's own, and what permissions are made of. */
const NO_VERBS = [
  ["advanceRollouts", "exchangeJoinToken", "renewNodeCertificate", "liveCertificates", "ensureAuthority"],
  ["heartbeatReplica", "releaseReplica", "holdWorkLease", "releaseWorkLease", "liveTarget", "readTargets"],
  ["loadVersionContent", "recordAck", "recordConnected", "recordDisconnected", "recordEffective"],
  ["recordNack", "recordSeen", "recordSent", "effectiveLabels", "targetOf", "applyEdits", "diffFields"],
  ["nodesWithOrders", "takeOrders", "settleOrder", "tidyOrders", "isSettled", "diffResource"],
  ["openNodeChannel", "recordNodeStatus", "closeNodeChannel", "openAuthorities"],
  [
    "whatCame",
    "indexHistory",
    "applyAuditRetention",
    "seal",
    "unseal",
    "reseal",
    "loadKeyRing",
    "appendAudit",
  ],
  ["recordAudit", "authorize", "authorizeRead", "change", "recordRefusal", "requireWithin", "grantsOf"],
  ["grantsOfRole", "includesGrant"],
  ["claimDeliveries", "evaluateAlerts", "handOutEvents", "purgeNotifications", "settleDelivery"],
  ["isEmail", "signingKeyBytes", "unsealChannelSecret", "watchCertificates", "watchNodes"],
  ["dueSources", "readSource", "recordFetched", "recordTrouble", "requestCheck"],
  ["dueCertificates", "openAuthority", "readChallenge", "storeAccount", "storeChallenges", "storeFailure"],
  [
    "leftChallenges",
    "openDnsProvider",
    "readOwnCertificate",
    "readServer",
    "recordManaged",
    "removeChallenges",
  ],
  ["storeIssued", "managedRevision", "unsettledNodes", "forgetValues", "sealStoredTexts", "warnOfExpiry"],
  ["forgetSealedSetting", "keepSealedSetting", "openSealedSetting", "sealedSettingNames"],
  ["keepKeys", "resealAll", "expireApprovals", "rolloutOf", "readSettings"],
  ["advanceProbes", "settleProbe", "because", "jointOf", "reasonText", "saidOr"],
  ["isBuiltInRole", "isPermission", "limitsOf", "mayAnywhere", "mayWithin", "readGrants"],
].flat();

test("every exported function is in the matrix or known to be no verb", () => {
  const exported = Object.entries(api).flatMap(([name, value]) =>
    typeof value === "function" && !("prototype" in value && value.prototype instanceof Error) ? [name] : [],
  );
  assert.deepEqual(exported.toSorted(), [...Object.keys(VERBS), ...NO_VERBS].toSorted());
});

for (const role of BUILT_IN_ROLES)
  test(`every verb lets a role ${role} in, or refuses and audits it, as its permission says`, async () => {
    const context = config.as(role, `of ${role}`);
    for (const [name, [permission, verb]] of Object.entries({ ...VERBS, ...VARIANTS })) {
      const before = await refusals(role);
      const allowed = mayAnywhere(context.actor, permission);
      assert.equal((await codeOf(verb(context))) !== "forbidden", allowed, `${name} needs ${permission}`);
      assert.equal(await refusals(role), before + (allowed ? 0 : 1), `${name}: the audit log`);
    }
  });

test("whoever has no permission is refused everything, and one permission opens nothing that needs another", async () => {
  const one = (permission: Permission) => ({
    ...config.as("viewer", permission),
    actor: { id: "p", name: permission, role: "custom", grants: [{ permission }] },
  });
  const nobody = { ...config.as("viewer"), actor: { id: "n", name: "n", role: "gone" } };
  for (const [name, [needed, verb]] of Object.entries({ ...VERBS, ...VARIANTS })) {
    assert.equal(await codeOf(verb(nobody)), "forbidden", name);
    const other = PERMISSION_NAMES.filter((permission) => permission !== needed);
    const rest = {
      ...nobody,
      actor: { ...nobody.actor, grants: other.map((permission) => ({ permission })) },
    };
    assert.equal(await codeOf(verb(rest)), "forbidden", `${name} with all but ${needed}`);
    if (name !== "importYaml") assert.notEqual(await codeOf(verb(one(needed))), "forbidden", name);
  }
});

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  return await attempt.then(
    () => "done",
    (error: unknown) => {
      if (error instanceof api.ConfigError) return error.code;
      throw error;
    },
  );
}

async function refusals(role: string): Promise<number> {
  const rows = await config.database.sql<{ count: number }[]>`
    select count(*)::int as count from config.audit_event
    where actor = ${`of ${role}`} and details->>'refused' = 'forbidden'`;
  return rows[0]?.count ?? 0;
}
