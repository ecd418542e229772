/** Gives out the IPv4 addresses of a pod range, lowest first after the gateway, and takes them back. */
import { RuntimeError } from "../runtime.ts";

export class AddressPool {
  readonly #first: number;
  readonly #size: number;
  readonly #used = new Set<number>();
  #next = 2;

  /** `cidr` as in "10.244.1.0/24". The network's own, the gateway's and the broadcast address are kept out. */
  constructor(cidr: string) {
    const [address = "", bits = ""] = cidr.split("/");
    const octets = address.split(".").map(Number);
    const prefix = Number(bits);
    const isValid =
      octets.length === 4 &&
      octets.every((octet) => Number.isInteger(octet) && octet >= 0 && octet <= 255) &&
      Number.isInteger(prefix) &&
      prefix >= 8 &&
      prefix <= 30;
    if (!isValid) throw new RangeError(`not an IPv4 pod range: ${cidr}`);
    this.#first = octets.reduce((sum, octet) => sum * 256 + octet, 0);
    this.#size = 2 ** (32 - prefix);
  }

  take(): string {
    const usable = this.#size - 3;
    if (this.#used.size >= usable) {
      throw new RuntimeError("unavailable", "no IP addresses available in the pod range");
    }
    // Going round, rather than lowest first, keeps an address unused for a while after its pod is gone.
    while (this.#used.has(this.#next)) this.#advance();
    const offset = this.#next;
    this.#used.add(offset);
    this.#advance();
    return format(this.#first + offset);
  }

  release(address: string): void {
    const value = address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
    this.#used.delete(value - this.#first);
  }

  #advance(): void {
    this.#next += 1;
    if (this.#next >= this.#size - 1) this.#next = 2;
  }
}

function format(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}
