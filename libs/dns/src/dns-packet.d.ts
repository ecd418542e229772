/** What is used of dns-packet, which brings no types. */
declare module "dns-packet" {
  export interface Question {
    readonly name: string;
    readonly type: string;
    readonly class: string;
  }
  export interface Packet {
    readonly id: number;
    readonly type: "query" | "response";
    readonly flags: number;
    readonly opcode: string;
    readonly rcode: string;
    readonly flag_tc: boolean;
    readonly flag_rd: boolean;
    readonly flag_cd: boolean;
    readonly questions: readonly Question[];
    readonly answers: readonly Answer[];
    readonly authorities: readonly Answer[];
    readonly additionals: readonly Answer[];
  }
  export interface Answer {
    readonly name: string;
    readonly type: string;
    readonly ttl?: number;
    readonly data?: unknown;
    /** Of an OPT record. */
    readonly udpPayloadSize?: number;
    readonly ednsVersion?: number;
    readonly flag_do?: boolean;
  }
  export interface RecordCodec {
    /** Writes the length and the data; `bytes` says how much that was. */
    readonly encode: {
      (data: unknown, buffer: Buffer, offset: number): Buffer;
      readonly bytes: number;
    };
    encodingLength(data: unknown): number;
  }
  const dnsPacket: {
    decode(buffer: Buffer): Packet;
    encode(packet: object): Buffer;
    record(type: string): RecordCodec;
    readonly question: {
      readonly decode: { (buffer: Buffer, offset: number): Question; readonly bytes: number };
    };
  };
  export default dnsPacket;
}
declare module "dns-packet/types.js" {
  export function toType(name: string): number;
}
