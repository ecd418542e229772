/** The kernel as the proxy sees it: transactions in, nothing out. The seam that tests of the sync loop stand on. */
import { TABLE } from "./base-rules.ts";
import { KernelError } from "./kernel-error.ts";
import { Program } from "./program.ts";
import type { Family } from "./rule-set.ts";
import { conntrackArguments, type FlowFilter, readFlows, type UdpFlow } from "./udp-flows.ts";

export interface Kernel {
  /** All of it or nothing. Throws KernelError with what nft said. */
  apply(text: string, signal: AbortSignal): Promise<void>;
  /** The table of this family as nft lists it; undefined: it is not there. */
  list(family: Family, signal: AbortSignal): Promise<string | undefined>;
  /** The UDP flows that the kernel remembers. Throws KernelError. */
  flows(family: Family, signal: AbortSignal): Promise<readonly UdpFlow[]>;
  /** Forgets flows; how many is not known. */
  forget(filter: FlowFilter, family: Family, signal: AbortSignal): Promise<void>;
  /** Nothing more will come. */
  close(): void;
}

/**
 * The network namespace of this process, or the one that the command `enter` takes a program into
 * ("ip netns exec NAME").
 */
export function linuxKernel(enter: readonly string[] = []): Kernel {
  const start = (...command: string[]) => new Program([...enter, ...command]);
  const run = (command: readonly string[], signal: AbortSignal) =>
    start(...command).run("", signal);
  /** The next transaction need not wait until nft is loaded, which takes longest on a busy machine. */
  let waiting: Program | undefined;
  let isClosed = false;
  return {
    async apply(text, signal) {
      const nft = waiting?.isWaiting ? waiting : start("nft", "-f", "-");
      waiting = undefined;
      const { code, said } = await nft.run(text, signal);
      if (!isClosed && waiting === undefined) waiting = start("nft", "-f", "-");
      if (code !== 0) throw new KernelError(`nft refused a transaction: ${said}`);
    },
    async list(family, signal) {
      const { code, listed } = await run(["nft", "list", "table", family, TABLE], signal);
      return code === 0 ? listed : undefined;
    },
    async flows(family, signal) {
      const protocol = family === "ip" ? "ipv4" : "ipv6";
      const { code, said, listed } = await run(
        ["conntrack", "-L", "-f", protocol, "-p", "udp"],
        signal,
      );
      if (code !== 0) throw new KernelError(`conntrack failed: ${said}`);
      return readFlows(listed);
    },
    async forget(filter, family, signal) {
      const { code, said } = await run(
        ["conntrack", ...conntrackArguments(filter, family)],
        signal,
      );
      // 1 with "0 flow entries" is its way to say that there was nothing to do.
      if (code !== 0 && !said.includes("0 flow entries")) {
        throw new KernelError(`conntrack failed: ${said}`);
      }
    },
    close() {
      isClosed = true;
      waiting?.dismiss();
    },
  };
}
