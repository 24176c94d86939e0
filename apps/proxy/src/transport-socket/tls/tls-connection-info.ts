import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { CertificateInfo, TlsInfo } from "@sluice/extension-api";
import { LazyCertificateInfo } from "./certificate-info.ts";
import { readDer, readDerAll } from "./der-reader.ts";

/** Where the session's identifier stands in OpenSSL's encoding of a session. */
const SESSION_ID_INDEX = 3;
const CHAIN_LENGTH_MAX = 100;

/** What a finished handshake agreed on. Certificates are taken apart when somebody first asks. */
export class TlsConnectionInfo implements TlsInfo {
  readonly version: string;
  readonly cipherSuite: string;
  readonly alpn: string | undefined;
  readonly requestedServerName: string | undefined;
  readonly peerCertificateValidated: boolean;
  readonly sessionReused: boolean;
  readonly group: string | undefined;
  readonly peer: CertificateInfo | undefined;
  private readonly socket: TLSSocket;
  private readonly leaf: X509Certificate | undefined;
  private localInfo: CertificateInfo | undefined = undefined;

  constructor(
    socket: TLSSocket,
    leaf: X509Certificate | undefined,
    validated: boolean,
    serverName: string | undefined,
    group?: string,
  ) {
    this.socket = socket;
    this.leaf = leaf;
    this.peer = leaf === undefined ? undefined : new LazyCertificateInfo(leaf);
    this.version = socket.getProtocol() ?? "";
    this.cipherSuite = socket.getCipher().name;
    this.alpn = typeof socket.alpnProtocol === "string" ? socket.alpnProtocol : undefined;
    this.requestedServerName = serverName;
    this.peerCertificateValidated = leaf !== undefined && validated;
    this.group = group;
    this.sessionReused = socket.isSessionReused();
  }

  get peerCertificatePresented(): boolean {
    return this.leaf !== undefined;
  }
  get uriSanPeer(): readonly string[] {
    return this.peer?.uriSans ?? [];
  }
  get dnsSanPeer(): readonly string[] {
    return this.peer?.dnsSans ?? [];
  }
  get subjectPeer(): string | undefined {
    return this.peer?.subject;
  }
  get sha256PeerCertificateDigest(): string | undefined {
    return this.peer?.sha256;
  }

  get sessionId(): string | undefined {
    const session = this.socket.getSession();
    const id = readDerAll(readDer(session ?? Buffer.alloc(0))?.content ?? Buffer.alloc(0))[SESSION_ID_INDEX];
    return id === undefined || id.content.length === 0 ? undefined : id.content.toString("hex");
  }

  get peerChainPem(): readonly string[] | undefined {
    return this.peerChain?.map(({ pem }) => pem);
  }

  get peerChain(): readonly CertificateInfo[] | undefined {
    if (this.leaf === undefined) return undefined;
    const chain: CertificateInfo[] = [];
    for (let at: X509Certificate | undefined = this.leaf; at !== undefined; at = at.issuerCertificate) {
      const certificate = new LazyCertificateInfo(at);
      const seen = chain.some(({ sha256 }) => sha256 === certificate.sha256);
      if (seen || chain.length === CHAIN_LENGTH_MAX) break;
      chain.push(certificate);
    }
    return chain;
  }

  get local(): CertificateInfo | undefined {
    const certificate = this.localInfo === undefined ? this.socket.getX509Certificate() : undefined;
    if (certificate !== undefined) this.localInfo = new LazyCertificateInfo(certificate);
    return this.localInfo;
  }
}
