/** The kernel as the proxy sees it: transactions in, nothing out. The seam that tests of the sync loop stand on. */
import { spawn } from "node:child_process";
import { TABLE } from "./base-rules.ts";
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
}

export class KernelError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "KernelError";
  }
}

/** What a program says is kept up to here; a refused transaction repeats its text line by line. */
const ERROR_CHARS_MAX = 2_000;
/** The rules of 50,000 endpoints. */
const LISTED_BYTES_MAX = 64 * 1024 * 1024;
/** A full load of 5,000 Services takes a few seconds. */
const PROGRAM_TIMEOUT_MS = 60_000;

/**
 * The network namespace of this process, or the one that the command `enter` takes a program into
 * ("ip netns exec NAME").
 */
export function linuxKernel(enter: readonly string[] = []): Kernel {
  const start = (program: string, args: readonly string[], signal: AbortSignal, input = "") => {
    const [first = program, ...rest] = [...enter, program, ...args];
    return run(first, rest, signal, input);
  };
  return {
    async apply(text, signal) {
      const { code, said } = await start("nft", ["-f", "-"], signal, text);
      if (code !== 0) throw new KernelError(`nft refused a transaction: ${said}`);
    },
    async list(family, signal) {
      const { code, listed } = await start("nft", ["list", "table", family, TABLE], signal);
      return code === 0 ? listed : undefined;
    },
    async flows(family, signal) {
      const args = ["-L", "-f", family === "ip" ? "ipv4" : "ipv6", "-p", "udp"];
      const { code, said, listed } = await start("conntrack", args, signal);
      if (code !== 0) throw new KernelError(`conntrack failed: ${said}`);
      return readFlows(listed);
    },
    async forget(filter, family, signal) {
      const { code, said } = await start("conntrack", conntrackArguments(filter, family), signal);
      // 1 with "0 flow entries" is its way to say that there was nothing to do.
      if (code !== 0 && !said.includes("0 flow entries")) {
        throw new KernelError(`conntrack failed: ${said}`);
      }
    },
  };
}

function run(
  program: string,
  args: readonly string[],
  signal: AbortSignal,
  input: string,
): Promise<{ readonly code: number; readonly said: string; readonly listed: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], {
      stdio: ["pipe", "pipe", "pipe"],
      signal,
      timeout: PROGRAM_TIMEOUT_MS,
      killSignal: "SIGKILL",
    });
    let said = "";
    const listed: Buffer[] = [];
    let listedBytes = 0;
    child.stdout.on("data", (data: Buffer) => {
      listedBytes += data.length;
      if (listedBytes <= LISTED_BYTES_MAX) listed.push(data);
    });
    child.stderr.on("data", (data: Buffer) => {
      if (said.length < ERROR_CHARS_MAX) said += data.toString();
    });
    child.stdin.on("error", () => {
      // It ended before it had read everything; its exit code tells.
    });
    child.once("error", (error) =>
      reject(new KernelError(`cannot run ${program}`, { cause: error })),
    );
    child.once("close", (code) =>
      resolve({
        code: code ?? 1,
        said: said.slice(0, ERROR_CHARS_MAX).trim(),
        listed: Buffer.concat(listed).toString(),
      }),
    );
    child.stdin.end(input);
  });
}
