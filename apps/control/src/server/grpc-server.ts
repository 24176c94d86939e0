import type { AddressInfo } from "node:net";
import type { ConnectRouter } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { anyHttpServer, peerContextValues, type XdsServer } from "@sluice/xds/server";

export interface GrpcServer {
  readonly port: number;
  /** Tells the nodes to go elsewhere (GOAWAY), ends the streams, and resolves when the last connection is gone. */
  close(): Promise<void>;
}

const GRACE_MS = 250;
const MESSAGE_BYTES_MAX = 64 * 1024 * 1024;

/**
 * gRPC over HTTP/2 in the clear, for nodes on this machine or behind a proxy of their own; and on the same port xDS by HTTP and
 * JSON for nodes that poll.
 *
 * @param options.port 0 takes a free one
 * @throws when the address cannot be listened on
 */
export async function startGrpcServer(options: {
  readonly host: string;
  readonly port: number;
  readonly routes: readonly ((router: ConnectRouter) => void)[];
  /** Asked before the routes. */
  readonly xds?: Pick<XdsServer, "handleGrpc" | "handleRest"> | undefined;
}): Promise<GrpcServer> {
  const shutdown = new AbortController();
  const handler = connectNodeAdapter({
    routes: (router) => {
      for (const routes of options.routes) routes(router);
    },
    connect: false,
    grpcWeb: false,
    readMaxBytes: MESSAGE_BYTES_MAX,
    shutdownSignal: shutdown.signal,
    contextValues: peerContextValues,
  });
  const { server, sessions, closeHttp1 } = anyHttpServer(
    {
      settings: { maxConcurrentStreams: 1000, initialWindowSize: 1024 * 1024 },
      // One window for the whole connection would otherwise let a busy log stream hold up xDS.
      onSession: (session) => session.setLocalWindowSize(16 * 1024 * 1024),
    },
    (request, response) => {
      const { xds } = options;
      const isXds =
        xds?.handleGrpc(request, response) === true || xds?.handleRest(request, response) === true;
      if (!isXds) handler(request, response);
    },
    (request, response) => {
      if (options.xds?.handleRest(request, response) !== true) response.writeHead(404).end();
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const session of sessions) session.goaway();
      closeHttp1();
      shutdown.abort();
      const force = setTimeout(() => {
        for (const session of sessions) session.destroy();
      }, GRACE_MS);
      for (const session of sessions) session.close();
      await closed;
      clearTimeout(force);
    },
  };
}
