import {
  askNode,
  DUMP_RESOURCES,
  dumpEntry,
  dumpOutline,
  getOrder,
  listOrders,
  NODE_LOG_LEVELS,
  nodeComparison,
  readOrderContent,
} from "@sluice/config";
import { z } from "zod";
import { procedure } from "../trpc.ts";

const nodeId = z.object({ id: z.string().min(1).max(500) });
const orderId = z.object({ order: z.string().min(1).max(100) });

/** What a node is asked, and what it answered: each asking returns the order at once, `node.order` says how far it is. */
export const orderProcedures = {
  drain: procedure
    .input(nodeId.extend({ closeListeners: z.boolean().optional() }))
    .mutation(({ ctx, input: { id, closeListeners } }) =>
      askNode(ctx.config, { action: "drain", node: id, closeListeners }),
    ),
  resume: procedure
    .input(nodeId)
    .mutation(({ ctx, input }) => askNode(ctx.config, { action: "resume", node: input.id })),
  setLogLevel: procedure
    .input(nodeId.extend({ level: z.enum(NODE_LOG_LEVELS) }))
    .mutation(({ ctx, input: { id, level } }) =>
      askNode(ctx.config, { action: "log_level", node: id, level }),
    ),
  dump: procedure
    .input(
      nodeId.extend({
        resource: z.enum(DUMP_RESOURCES).optional(),
        nameRegex: z.string().max(1000).optional(),
        includeEds: z.boolean().optional(),
      }),
    )
    .mutation(({ ctx, input: { id, ...rest } }) =>
      askNode(ctx.config, { action: "config_dump", node: id, ...rest }),
    ),
  compare: procedure
    .input(nodeId.extend({ version: z.number().int().min(1) }))
    .mutation(({ ctx, input: { id, version } }) =>
      askNode(ctx.config, { action: "compare", node: id, version }),
    ),
  order: procedure.input(orderId).query(({ ctx, input }) => getOrder(ctx.config, input.order)),
  orders: procedure
    .input(nodeId.extend({ limit: z.number().int().min(1).max(100).optional() }))
    .query(({ ctx, input }) => listOrders(ctx.config, input.id, input.limit)),
  dumpContent: procedure.input(orderId).query(({ ctx, input }) => readOrderContent(ctx.config, input.order)),
  dumpOutline: procedure
    .input(orderId.extend({ list: z.string().max(100).optional(), text: z.string().max(500).optional() }))
    .query(({ ctx, input: { order, ...search } }) => dumpOutline(ctx.config, order, search)),
  dumpEntry: procedure
    .input(orderId.extend({ index: z.number().int().min(0) }))
    .query(({ ctx, input }) => dumpEntry(ctx.config, input.order, input.index)),
  comparison: procedure.input(orderId).query(({ ctx, input }) => nodeComparison(ctx.config, input.order)),
};
