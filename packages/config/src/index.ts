export {
  authorize,
  authorizeRead,
  type Deed,
  type Need,
  recordRefusal,
  requireWithin,
} from "./access/authorize.ts";
export { BUILT_IN_ROLES, grantsOfRole, isBuiltInRole, type Role } from "./access/built-in-roles.ts";
export { change } from "./access/change.ts";
export type { Executor, Transaction } from "./access/executor.ts";
export { type Grant, includesGrant, type Scope } from "./access/grant.ts";
export { grantsOf, mayAnywhere, mayWithin } from "./access/may.ts";
export {
  isPermission,
  type Limit,
  limitsOf,
  PERMISSION_NAMES,
  type Permission,
} from "./access/permission.ts";
export { type GrantInput, readGrants } from "./access/read-grants.ts";
export {
  ACME_CHALLENGE_TYPES,
  type AcmeAuthority,
  type AcmeChallengeType,
  CERTIFICATE_KEY_TYPES,
  type CertificateChoice,
  type CertificateKeyType,
  type DnsProvider,
  type DnsProviderSettings,
  type DnsWebhookSettings,
  type DynamicUpdateSettings,
  type ManagedCertificate,
  TSIG_ALGORITHMS,
  type TsigAlgorithm,
} from "./acme/acme-contract.ts";
export {
  listAuthorities,
  type PutAuthorityInput,
  putAuthority,
  removeAuthority,
} from "./acme/authorities.ts";
export { type AlpnCertificate, type ChallengeContent, NO_CHALLENGES } from "./acme/challenge-content.ts";
export {
  type DnsProviderAccess,
  type DnsRecord,
  leftChallenges,
  openDnsProvider,
  readChallenge,
  removeChallenges,
  type StoredChallenge,
  storeChallenges,
} from "./acme/challenges.ts";
export { readServer } from "./acme/dns-provider-settings.ts";
export {
  listDnsProviders,
  type PutDnsProviderInput,
  type PutDnsProviderResult,
  putDnsProvider,
  removeDnsProvider,
} from "./acme/dns-providers.ts";
export { listManaged, renewCertificate } from "./acme/managed-certificates.ts";
export { managedRevision } from "./acme/managed-material.ts";
export { type OwnCertificate, readOwnCertificate } from "./acme/own-certificate.ts";
export {
  type RequestCertificateInput,
  removeManaged,
  requestCertificate,
} from "./acme/request-certificate.ts";
export {
  type AcmeAccess,
  type AcmeContext,
  type DueCertificate,
  dueCertificates,
  openAuthority,
  storeAccount,
  storeFailure,
  storeIssued,
} from "./acme/work-on-certificates.ts";
export { evaluateAlerts } from "./alert/evaluate-alerts.ts";
export { listAlerts } from "./alert/list-alerts.ts";
export { type AlertRuleInput, putAlertRule, removeAlertRule } from "./alert/put-rule.ts";
export { listAlertRules } from "./alert/read-rules.ts";
export { type CreateSilenceInput, createSilence, endSilence, listSilences } from "./alert/silences.ts";
export type { ReadTraffic, TrafficFigures, TrafficQuestion } from "./alert/traffic-figures.ts";
export { tryAlertRule } from "./alert/try-rule.ts";
export {
  approveRequest,
  type BreakGlassInput,
  breakGlass,
  type DecideInput,
  refuseRequest,
  withdrawRequest,
} from "./approval/decide-approval.ts";
export { getApproval, type ListApprovalsInput, listApprovals } from "./approval/read-approvals.ts";
export { expireApprovals } from "./approval/settle-approvals.ts";
export { rolloutOf, type Started } from "./approval/start-or-ask.ts";
export { appendAudit } from "./audit/append-audit.ts";
export type { AuditFilter } from "./audit/audit-filter.ts";
export { exportAudit } from "./audit/export-audit.ts";

export { type ListAuditInput, listAudit } from "./audit/list-audit.ts";
export { type AuditInput, recordAudit } from "./audit/record-audit.ts";
export { applyAuditRetention, getAuditRetention, setAuditRetention } from "./audit/retain-audit.ts";
export { type AuditVerdict, type VerifyAuditInput, verifyAudit } from "./audit/verify-audit.ts";
export { type Authorities, ensureAuthority, openAuthorities } from "./authority/open-authorities.ts";
export { authorityStatus, type RotateInput, rotateAuthority } from "./authority/rotate-authority.ts";
export type {
  Certificate,
  CertificateFacts,
  CertificateNode,
  CertificateProblem,
  CertificateUse,
} from "./certificate/certificate.ts";
export {
  expiringCertificates,
  getCertificates,
  listCertificates,
} from "./certificate/list-certificates.ts";
export { warnOfExpiry } from "./certificate/warn-of-expiry.ts";
export * from "./contract.ts";
export { checkDraft } from "./draft/check-draft.ts";
export { type CheckTextInput, checkText } from "./draft/check-text.ts";
export { type DiffDraftInput, diffDraft } from "./draft/diff-draft.ts";
export { draftStatus } from "./draft/draft-status.ts";
export { getResource } from "./draft/get-resource.ts";
export { type ListResourcesInput, listResources } from "./draft/list-resources.ts";
export { type MergedText, type MergeTextInput, mergeText } from "./draft/merge-text.ts";
export { type PatchResourceInput, patchResource } from "./draft/patch-resource.ts";
export { type PutResourceInput, putResource } from "./draft/put-resource.ts";
export { type ReferencesInput, references } from "./draft/references.ts";
export { type RemoveResourceInput, removeResource } from "./draft/remove-resource.ts";
export { type ResetDraftInput, resetDraft } from "./draft/reset-draft.ts";
export { resetResource } from "./draft/reset-resource.ts";
export { usedBy } from "./draft/used-by.ts";
export { EnvelopeError, reseal, seal, unseal } from "./envelope/envelope.ts";
export type { KeyRing } from "./envelope/key-ring.ts";
export { loadKeyRing } from "./envelope/load-key-ring.ts";
export { explainRequest } from "./explain/explain-request.ts";
export type {
  Candidate,
  Candidates,
  ExplainedAction,
  ExplainedCluster,
  ExplainInput,
  Place,
  Reason,
  RequestExplanation,
} from "./explain/explanation.ts";
export {
  type ChangeGroupInput,
  type CreateGroupInput,
  changeGroup,
  createGroup,
  removeGroup,
  reorderGroups,
} from "./group/arrange-groups.ts";
export { type FreezeGroupInput, freezeGroup, unfreezeGroup } from "./group/freeze-group.ts";
export { protectGroup, type UnprotectGroupInput, unprotectGroup } from "./group/protect-group.ts";
export { listGroups } from "./group/read-groups.ts";
export { type BlameInput, blameResource } from "./history/blame-resource.ts";
export { type DiffSource, diffAny } from "./history/diff-any.ts";
export type { BlamedField, Origin, ResourceChange } from "./history/history.ts";
export { indexHistory } from "./history/index-history.ts";
export { type SearchHistoryInput, searchHistory } from "./history/search-history.ts";
export { listTags, tagVersion, untagVersion, type VersionTag } from "./history/tag-version.ts";
export { type DraftImpact, type DraftImpactInput, draftImpact, type Touched } from "./impact/draft-impact.ts";
export {
  type CreatedJoinToken,
  type CreateJoinTokenInput,
  createJoinToken,
} from "./join/create-join-token.ts";
export { type ExchangeInput, exchangeJoinToken } from "./join/exchange-join-token.ts";
export type { IssueContext } from "./join/issue-node-certificate.ts";
export * from "./join/join-contract.ts";
export { listJoinTokens } from "./join/list-join-tokens.ts";
export { listNodeCertificates } from "./join/list-node-certificates.ts";
export { type LiveCertificate, liveCertificates } from "./join/live-certificates.ts";
export { renewNodeCertificate } from "./join/renew-node-certificate.ts";
export { revokeJoinToken } from "./join/revoke-join-token.ts";
export { revokeNode } from "./join/revoke-node.ts";
export { type KeepKeysOptions, keepKeys } from "./keys/keep-keys.ts";
export { type KeyState, type KeyStatus, keyStatus } from "./keys/key-status.ts";
export { resealAll } from "./keys/reseal-all.ts";
export { retireKey, rotateKeys } from "./keys/rotate-keys.ts";
export { getNode } from "./node/get-node.ts";
export { REPLICA_LEASE_MS } from "./node/lease.ts";
export { listNodes } from "./node/list-nodes.ts";
export { type NodeManagedEvent, recordManaged } from "./node/record-managed.ts";
export {
  type ConnectedNode,
  type DisconnectedNode,
  type NodeContext,
  type NodeNackEvent,
  type NodeTypeEvent,
  recordAck,
  recordConnected,
  recordDisconnected,
  recordEffective,
  recordNack,
  recordSeen,
  recordSent,
} from "./node/record-node-events.ts";
export { removeNode } from "./node/remove-node.ts";
export { heartbeatReplica, releaseReplica } from "./node/replica-lease.ts";
export { type SetNodeLabelsInput, setNodeLabels } from "./node/set-node-labels.ts";
export { unsettledNodes } from "./node/unsettled-nodes.ts";
export { type ChangeChannelInput, changeChannel, removeChannel } from "./notification/change-channel.ts";
export { signingKeyBytes, unsealChannelSecret } from "./notification/channel-secret.ts";
export { isEmail } from "./notification/channel-settings.ts";
export { type ClaimedDelivery, claimDeliveries } from "./notification/claim-deliveries.ts";
export { type CreateChannelInput, createChannel, type SavedChannel } from "./notification/create-channel.ts";
export { handOutEvents } from "./notification/hand-out-events.ts";
export { listChannels } from "./notification/list-channels.ts";
export { type ListDeliveriesInput, listDeliveries } from "./notification/list-deliveries.ts";
export { purgeNotifications } from "./notification/purge-notifications.ts";
export { resendDelivery } from "./notification/resend-delivery.ts";
export { type DeliveryOutcome, settleDelivery } from "./notification/settle-delivery.ts";
export { testChannel } from "./notification/test-channel.ts";
export { watchCertificates } from "./notification/watch-certificates.ts";
export { watchNodes } from "./notification/watch-nodes.ts";
export { type AskNodeInput, askNode } from "./order/ask-node.ts";
export {
  nodesWithOrders,
  type OrderAnswer,
  settleOrder,
  takeOrders,
  tidyOrders,
} from "./order/carry-orders.ts";
export { closeNodeChannel, openNodeChannel, recordNodeStatus } from "./order/node-channels.ts";
export { type DumpSearch, dumpEntry, dumpOutline, nodeComparison } from "./order/read-dump.ts";
export { getOrder, listOrders, readOrderContent } from "./order/read-orders.ts";
export { advanceProbes, type ProbeRequest, settleProbe } from "./probe/advance-probes.ts";
export type { ProbeInput } from "./probe/complete-probe.ts";
export { type SetGroupProbeInput, setGroupProbe } from "./probe/set-group-probe.ts";
export type { PublishOverride, PublishRefusal } from "./publish-check/check-before-publish.ts";
export type {
  DataPlaneCheck,
  DataPlaneQuestion,
  DataPlaneVerdict,
} from "./publish-check/data-plane-check.ts";
export { type DryRun, dryRunDraft } from "./publish-check/dry-run.ts";
export {
  type RevertConflict,
  type Reverted,
  type RevertInput,
  revertResource,
} from "./revert/revert-resource.ts";
export {
  advanceRollouts,
  type Compare,
  type ComparisonQuestion,
} from "./rollout/advance-rollouts.ts";
export type { StrategyInput } from "./rollout/complete-strategy.ts";
export { effectiveLabels, type NodeTarget, type Targets, targetOf } from "./rollout/node-target.ts";
export { type ListRolloutsInput, listRollouts, rolloutHistory } from "./rollout/read-rollout.ts";
export { readTargets } from "./rollout/read-targets.ts";
export {
  abortRollout,
  type PromoteInput,
  pauseRollout,
  promoteRollout,
  resumeRollout,
  type SteerInput,
} from "./rollout/steer-rollout.ts";
export { holdWorkLease, releaseWorkLease } from "./rollout/work-lease.ts";
export { whatCame } from "./route-test/judge-route.ts";
export { listRouteTests, versionRouteTests } from "./route-test/list-route-tests.ts";
export { putRouteTest } from "./route-test/put-route-test.ts";
export { removeRouteTest } from "./route-test/remove-route-test.ts";
export type {
  RouteExpectation,
  RouteTest,
  RouteTestResult,
  RouteTestRun,
  StoredRouteTest,
} from "./route-test/route-test.ts";
export { type RunRouteTestsInput, runRouteTests } from "./route-test/run-route-tests.ts";
export { configMigrations } from "./schema/migrations.ts";
export { forgetValues } from "./secret/forget-values.ts";
export { sealStoredTexts } from "./secret/seal-stored-texts.ts";
export {
  forgetSealedSetting,
  keepSealedSetting,
  openSealedSetting,
  sealedSettingNames,
} from "./secret/sealed-setting.ts";
export {
  changeSettings,
  finishSetup,
  getSettings,
  readSettings,
  type SettingsInput,
  setupOpen,
} from "./settings/appliance-settings.ts";
export { createFirstRoute, type FirstRouteInput, type FirstRouteResult } from "./setup/create-first-route.ts";
export { liveTarget } from "./snapshot/live-target.ts";
export {
  type ContentResource,
  type KindContent,
  loadVersionContent,
  type VersionContent,
} from "./snapshot/load-version-content.ts";
export { type AppliedSource, type ApplySourceInput, applySource } from "./source/apply-source.ts";
export {
  type AddSourceInput,
  addSource,
  type ChangeSourceInput,
  changeSource,
  listSources,
  removeSource,
} from "./source/change-sources.ts";
export { planSource } from "./source/plan-source.ts";
export {
  type DueSource,
  dueSources,
  readSource,
  recordFetched,
  recordTrouble,
  requestCheck,
} from "./source/record-check.ts";
export type * from "./source/source-contract.ts";
export { applyEdits } from "./text/apply-edits.ts";
export { diffFields } from "./text/diff-fields.ts";
export { exportDraft } from "./transfer/export-draft.ts";
export { type ExportedFiles, exportFiles } from "./transfer/export-files.ts";
export { type Exported, exportVersion } from "./transfer/export-version.ts";
export { type ApplyImportInput, applyImport } from "./transfer/import/apply-import.ts";
export {
  IMPORT_FORMATS,
  type ImportFile,
  type ImportFormat,
  type ImportInput,
  type ImportNote,
  type ImportPreview,
} from "./transfer/import/import-contract.ts";
export { previewImport } from "./transfer/import/preview-import.ts";
export { type ImportYamlInput, importYaml } from "./transfer/import-yaml.ts";
export { diffResource } from "./version/diff-resource.ts";
export { diffVersions } from "./version/diff-versions.ts";
export { getVersion } from "./version/get-version.ts";
export { type ListVersionsInput, listVersions } from "./version/list-versions.ts";
export { liveVersion } from "./version/live-version.ts";
export { type Published, type PublishInput, publish } from "./version/publish.ts";
export { type RollbackInput, rollback } from "./version/rollback.ts";
export { rolloutStatus } from "./version/rollout-status.ts";
export { versionResources } from "./version/version-resources.ts";
