import { addressNumber, addressText, familyOf, type IPFamily } from "./ip-address.ts";

/** No range counts more addresses than this, as upstream. */
const SIZE_MAX = 1n << 16n;

/** The addresses of a CIDR that Services can have: neither the network's own nor IPv4's broadcast. */
export interface IPRange {
  readonly cidr: string;
  readonly family: IPFamily;
  /** How many addresses it gives. */
  readonly size: number;
  contains(ip: string): boolean;
  /** The nth address, from 0: the first one is the cluster's own Service. */
  at(index: number): string;
}

/** Throws a RangeError that says what is wrong with the text. */
export function parseIPRange(cidr: string): IPRange {
  const [ip = "", bits = "", ...rest] = cidr.split("/");
  const family = familyOf(ip);
  const address = addressNumber(ip);
  const width = family === "IPv4" ? 32 : 128;
  const prefix = /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
  if (family === undefined || address === undefined || rest.length > 0) {
    throw new RangeError(`${JSON.stringify(cidr)} is not a CIDR`);
  }
  if (prefix < 0 || prefix > width - 2) {
    throw new RangeError(`${JSON.stringify(cidr)} leaves no room for Services`);
  }
  const hostBits = BigInt(width - prefix);
  const base = (address >> hostBits) << hostBits;
  const total = 1n << hostBits;
  const usable = total - (family === "IPv4" ? 2n : 1n);
  const size = Number(usable < SIZE_MAX ? usable : SIZE_MAX);
  return {
    cidr: `${addressText(family, base)}/${prefix}`,
    family,
    size,
    contains(text) {
      const number = familyOf(text) === family ? addressNumber(text) : undefined;
      return number !== undefined && number > base && number <= base + usable;
    },
    at: (index) => addressText(family, base + 1n + BigInt(index)),
  };
}
