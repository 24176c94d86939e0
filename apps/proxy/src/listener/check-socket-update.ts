import { equals } from "@bufbuild/protobuf";
import type { Problem } from "@sluice/extension-api";
import {
  type SocketOption,
  SocketOptionSchema,
} from "@sluice/xds/gen/envoy/config/core/v3/socket_option_pb.js";
import type { Listener } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";

/** What of a listener's sockets cannot change while it lasts, as in Envoy. */
export function checkSocketUpdate(before: Listener, next: Listener): readonly Problem[] {
  const reusePort = next.enableReusePort ?? true;
  if ((before.enableReusePort ?? true) !== reusePort) {
    const message = `Listener ${next.name}: reuse port cannot be changed during an update`;
    return [{ path: "enable_reuse_port", message, severity: "error" }];
  }
  if (reusePort || sameOptions(optionsOf(before), optionsOf(next))) return [];
  const message = `Listener ${next.name}: doesn't support update any socket options when the reuse port isn't enabled`;
  return [{ path: "socket_options", message, severity: "error" }];
}

function optionsOf(listener: Listener): readonly (readonly SocketOption[])[] {
  return [
    listener.socketOptions,
    ...listener.additionalAddresses.map(({ socketOptions }) => socketOptions?.socketOptions ?? []),
  ];
}

function sameOptions(
  one: readonly (readonly SocketOption[])[],
  other: readonly (readonly SocketOption[])[],
): boolean {
  return (
    one.length === other.length &&
    one.every((options, index) => {
      const others = other[index] ?? [];
      return (
        options.length === others.length &&
        options.every((option, i) => {
          const twin = others[i];
          return twin !== undefined && equals(SocketOptionSchema, option, twin);
        })
      );
    })
  );
}
