import { isSettled, type NodeOrder } from "@sluice/config/browser";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTRPC } from "../../client/trpc.tsx";

/** Notifications say when there is something new; this is for those that were lost. */
const ASKED_AGAIN_MS = 1_000;

/** Follows an order from its asking to the node's answer; `follow` the next one. */
export function useOrder(): {
  readonly order: NodeOrder | undefined;
  /** It is asked or on its way. */
  readonly underWay: boolean;
  readonly follow: (order: NodeOrder | undefined) => void;
} {
  const trpc = useTRPC();
  const [asked, follow] = useState<NodeOrder>();
  const { data } = useQuery(
    trpc.node.order.queryOptions(
      { order: asked?.id ?? "" },
      {
        enabled: asked !== undefined,
        refetchInterval: ({ state }) =>
          state.data !== undefined && isSettled(state.data) ? false : ASKED_AGAIN_MS,
      },
    ),
  );
  const order = asked === undefined ? undefined : data?.id === asked.id ? data : asked;
  return { order, underWay: order !== undefined && !isSettled(order), follow };
}
