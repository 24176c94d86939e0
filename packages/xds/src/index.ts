export type { ConfigProblem, TextPosition } from "./config-problem.ts";
export { packAny, type UnpackedAny, unpackAny } from "./registry/any.ts";
export { apiRegistry, messageDescriptor, messageInAny, messageTypeNames } from "./registry/api-registry.ts";
export { nearestName } from "./registry/nearest-name.ts";
export { typeNameOf, typeUrlOf, type UnknownType, unknownType } from "./registry/unknown-type.ts";
export type {
  AuthenticatedNode,
  NodeIdentity,
  Snapshot,
  SnapshotResource,
  SnapshotSource,
  SnapshotType,
  XdsServerObserver,
  XdsStreamInfo,
} from "./snapshot-source.ts";
export { type ParsedText, parseYaml } from "./text/parse-yaml.ts";
export type { SourceOptions } from "./text/read-source.ts";
export { redactSensitive } from "./text/redact-sensitive.ts";
export { toProtoJson } from "./text/to-proto-json.ts";
export { toYaml } from "./text/to-yaml.ts";
export { TYPE_URLS, WHOLE_SET_TYPES, WILDCARD } from "./type-urls.ts";
export { checkYaml } from "./validation/check-yaml.ts";
export { type FieldRules, rulesOf } from "./validation/field-rules.ts";
export { validateMessage } from "./validation/validate-message.ts";
