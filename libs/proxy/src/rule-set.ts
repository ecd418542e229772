/**
 * What the proxy wants the kernel to hold, as values: the seam between the rules' meaning (`service-rules.ts`), their
 * differences (`rule-book.ts`) and their text (`transaction.ts`). One owner, usually one Service, owns one Fragment.
 */
export type Family = "ip" | "ip6";
export type Protocol = "tcp" | "udp" | "sctp";

/** Verdict maps and sets that Services share. Their names are upstream's, so that people find what they know. */
export const SHARED_MAPS = [
  "no-endpoint-services",
  "no-endpoint-nodeports",
  "firewall-ips",
  "service-ips",
  "service-nodeports",
] as const;
export const SHARED_SETS = ["cluster-ips", "nodeport-ips"] as const;
export type SharedName = (typeof SHARED_MAPS)[number] | (typeof SHARED_SETS)[number];

export interface Element {
  readonly in: SharedName;
  /** As nft writes it: "10.96.0.1 . tcp . 443". */
  readonly key: string;
  /** The verdict; absent in a set. */
  readonly value?: string;
}

/** Everything that one owner puts into the table. */
export interface Fragment {
  /** Rules by chain; a chain comes after the chains that it jumps to. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
  /** Definitions of the owner's own sets by name. */
  readonly sets: ReadonlyMap<string, string>;
  readonly elements: readonly Element[];
}

export const EMPTY_FRAGMENT: Fragment = { chains: new Map(), sets: new Map(), elements: [] };
