import {
  HeaderValueOption_HeaderAppendAction as AppendAction,
  type HeaderValueOption,
} from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";

/** `append_action`, or what the older `append` says in its place; a text: both are set. */
export function chosenAppendAction({ append, appendAction }: HeaderValueOption): AppendAction | string {
  if (append !== undefined && appendAction !== AppendAction.APPEND_IF_EXISTS_OR_ADD)
    return "Both append and append_action are set and it's not allowed";
  return append === false ? AppendAction.OVERWRITE_IF_EXISTS_OR_ADD : appendAction;
}
