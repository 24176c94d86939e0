import { getNode, listNodes, removeNode, setNodeLabels } from "@sluice/config";
import { z } from "zod";
import { procedure, router } from "../trpc.ts";
import { orderProcedures } from "./order-procedures.ts";

const nodeId = z.object({ id: z.string().min(1).max(500) });

/** The nodes as the control plane sees them. Browsers ask again at each `live.changes` about nodes, orders or rollouts. */
export const nodeRouter = router({
  list: procedure.query(({ ctx }) => listNodes(ctx.config)),
  get: procedure.input(nodeId).query(({ ctx, input }) => getNode(ctx.config, input.id)),
  /** All labels that operators keep for the node. */
  setLabels: procedure
    .input(nodeId.extend({ labels: z.record(z.string().max(300), z.string().max(300)) }))
    .mutation(({ ctx, input }) => setNodeLabels(ctx.config, input)),
  /** Forgets a node that is not connected. */
  remove: procedure.input(nodeId).mutation(({ ctx, input }) => removeNode(ctx.config, input.id)),
  ...orderProcedures,
});
