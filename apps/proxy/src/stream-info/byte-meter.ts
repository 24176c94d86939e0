import type { ByteCounts } from "@sluice/extension-api";

/**
 * Counts what one stream takes on its connection (Envoy's BytesMeter). The codec adds; whoever the stream belongs to is one, so
 * that counting allocates nothing.
 */
export class ByteMeter implements ByteCounts {
  wireBytesSent = 0;
  wireBytesReceived = 0;
  headerBytesSent = 0;
  headerBytesReceived = 0;
  decompressedHeaderBytesSent = 0;
  decompressedHeaderBytesReceived = 0;

  /** Adds what an earlier one has counted so far. */
  addBytesOf(earlier: ByteCounts): void {
    this.wireBytesSent += earlier.wireBytesSent;
    this.wireBytesReceived += earlier.wireBytesReceived;
    this.headerBytesSent += earlier.headerBytesSent;
    this.headerBytesReceived += earlier.headerBytesReceived;
    this.decompressedHeaderBytesSent += earlier.decompressedHeaderBytesSent;
    this.decompressedHeaderBytesReceived += earlier.decompressedHeaderBytesReceived;
  }
}
