import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";

export interface ReceivedPost {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface WebhookReceiver {
  readonly url: string;
  readonly posts: ReceivedPost[];
  /** What the next requests are answered with; 200 after them. */
  readonly statuses: (number | "hang")[];
  close(): Promise<void>;
}

/** A real HTTP server that keeps what is posted to it. */
export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const posts: ReceivedPost[] = [];
  const statuses: (number | "hang")[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      posts.push({ path: request.url ?? "", headers: request.headers, body });
      const status = statuses.shift() ?? 200;
      if (status === "hang") return;
      response.writeHead(status, status === 302 ? { location: "http://127.0.0.1:9/" } : {});
      response.end(status === 200 ? "ok" : "not now");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posts,
    statuses,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

export interface CaughtMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly user: string | undefined;
  readonly text: string;
}

export interface MailCatcher {
  readonly port: number;
  readonly mails: CaughtMail[];
  close(): Promise<void>;
}

/** A real SMTP server that offers STARTTLS, lets `user` in with `password` (and says both when it does not), and keeps the mails. */
export async function startMailCatcher(account: {
  readonly user: string;
  readonly password: string;
  /** PEM, for `localhost`. */
  readonly certificate: string;
  readonly key: string;
}): Promise<MailCatcher> {
  const mails: CaughtMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    cert: account.certificate,
    key: account.key,
    onAuth(auth, _session, callback) {
      if (auth.username === account.user && auth.password === account.password)
        callback(null, { user: auth.username });
      else callback(new Error(`no such account: ${auth.username} ${auth.password}`));
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom === false ? "" : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          user: typeof session.user === "string" ? session.user : undefined,
          text: Buffer.concat(chunks).toString(),
        });
        callback(null);
      });
    },
  });
  server.on("error", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
