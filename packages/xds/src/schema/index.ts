export { type Completion, type CompletionResult, completionsAt } from "./completions-at.ts";
export {
  describeType,
  type EnumValueDescription,
  type FieldDescription,
  type FieldKind,
  type TypeDescription,
} from "./describe-type.ts";
export { type ExtensionType, extensionTypes } from "./extension-types.ts";
