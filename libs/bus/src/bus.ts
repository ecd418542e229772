/**
 * The bus seam. A message is only ever a hint: it may be lost, repeated, reordered or forged, and the
 * receiver reads the truth from the store. Losing the bus costs latency, nothing else.
 */
export interface RevisionHint {
  readonly first: bigint;
  readonly last: bigint;
}

export interface Bus {
  /** Never throws and never waits: a hint that cannot be sent is dropped. */
  publish(hint: RevisionHint): void;
  /** Returns the function that ends the subscription. */
  subscribe(onHint: (hint: RevisionHint) => void): () => void;
  /** Whether the bus is connected now, for health and metrics. */
  isConnected(): boolean;
  close(): Promise<void>;
}
