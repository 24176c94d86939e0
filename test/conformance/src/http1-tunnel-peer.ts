import type { Socket } from "node:net";

/**
 * An upstream that takes HTTP/1 requests for tunnels and does what the first label of the host asked for says; what it sees it
 * tells `seen`, one line for each head (its lines joined by ` | `), one for all bytes behind it, one for the end.
 */
export function http1TunnelPeer(seen: (what: string) => void): (socket: Socket) => void {
  return (socket) => {
    let received = "";
    let open = false;
    let tunnelled = "";
    const through = (text: string): void => {
      tunnelled += text;
      if (text !== "") socket.write(text, "latin1");
    };
    socket.on("data", (chunk: Buffer) => {
      if (open) {
        through(chunk.toString("latin1"));
        return;
      }
      received += chunk.toString("latin1");
      const end = received.indexOf("\r\n\r\n");
      if (end < 0) return;
      open = true;
      const head = received.slice(0, end);
      seen(head.split("\r\n").join(" | "));
      const host = /^host: (.*)$/im.exec(head)?.[1] ?? "";
      const answer = ANSWERS[host.split(/[.:]/)[0] ?? ""] ?? OK;
      if (answer === "") return;
      socket.write(answer);
      if (host.startsWith("closing")) socket.end();
      through(received.slice(end + 4));
    });
    let over = false;
    // Whether the proxy's end comes as a reset depends on what was on its way to it.
    const finish = (): void => {
      if (over) return;
      over = true;
      seen(`over behind ${JSON.stringify(tunnelled)}`);
    };
    socket.on("end", () => {
      finish();
      socket.end("bye");
    });
    socket.on("error", finish);
    socket.on("close", finish);
  };
}

const OK = "HTTP/1.1 200 OK\r\nx-peer: here\r\n\r\n";
const ANSWERS: Readonly<Record<string, string>> = {
  created: "HTTP/1.1 201 Created\r\n\r\n",
  nothing: "HTTP/1.1 204 No Content\r\n\r\n",
  sized: "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabcdef",
  chunked: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-last: 1\r\n\r\n",
  refused: "HTTP/1.1 503 Service Unavailable\r\nx-peer: busy\r\ncontent-length: 2\r\n\r\nno",
  moved: "HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n",
  interim: "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
  greeting: "HTTP/1.1 200 OK\r\n\r\nhello",
  closing: "HTTP/1.1 200 OK\r\n\r\nbye",
  rubbish: "SSH-2.0-x\r\n\r\n",
  silent: "",
};
