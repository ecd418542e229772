import type { HostPort } from "./pod-info.ts";

const ALL_ADDRESSES = "0.0.0.0";

/**
 * The host ports in use on a node. A port on all addresses conflicts with the same port on any.
 *
 * Upstream: pkg/scheduler/framework/types.go HostPortInfo @1.36
 */
export class UsedPorts {
  /** `protocol/port` → addresses, each with how many pods have it. */
  readonly #addresses = new Map<string, Map<string, number>>();

  add({ ip, protocol, port }: HostPort): void {
    const key = `${protocol}/${port}`;
    let addresses = this.#addresses.get(key);
    if (addresses === undefined) {
      addresses = new Map();
      this.#addresses.set(key, addresses);
    }
    addresses.set(ip, (addresses.get(ip) ?? 0) + 1);
  }
  remove({ ip, protocol, port }: HostPort): void {
    const key = `${protocol}/${port}`;
    const addresses = this.#addresses.get(key);
    const count = addresses?.get(ip);
    if (addresses === undefined || count === undefined) return;
    if (count > 1) addresses.set(ip, count - 1);
    else addresses.delete(ip);
    if (addresses.size === 0) this.#addresses.delete(key);
  }
  conflicts({ ip, protocol, port }: HostPort): boolean {
    const addresses = this.#addresses.get(`${protocol}/${port}`);
    if (addresses === undefined) return false;
    return ip === ALL_ADDRESSES || addresses.has(ip) || addresses.has(ALL_ADDRESSES);
  }
}
