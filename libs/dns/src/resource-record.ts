/** Records as values: the seam between what the cluster says (`zone.ts`) and the wire (`message.ts`). */
export type RecordType = "A" | "AAAA" | "CNAME" | "NS" | "PTR" | "SOA" | "SRV" | "TXT";

interface RecordOf<T extends RecordType, D> {
  /** Without the last dot. */
  readonly name: string;
  readonly type: T;
  readonly ttl: number;
  readonly data: D;
}

export interface SrvData {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

export interface SoaData {
  readonly mname: string;
  readonly rname: string;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

export type ResourceRecord =
  | RecordOf<"A" | "AAAA" | "CNAME" | "NS" | "PTR" | "TXT", string>
  | RecordOf<"SOA", SoaData>
  | RecordOf<"SRV", SrvData>;

export type ResponseCode = "NOERROR" | "FORMERR" | "SERVFAIL" | "NXDOMAIN" | "NOTIMP" | "REFUSED";

export interface ZoneAnswer {
  readonly rcode: "NOERROR" | "NXDOMAIN";
  readonly answers: readonly ResourceRecord[];
  readonly additionals: readonly ResourceRecord[];
  /** An ExternalName's target outside the zone: its addresses belong into the answer too. */
  readonly alias?: string;
}
