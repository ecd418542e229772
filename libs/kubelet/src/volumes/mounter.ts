/** Mounting on this machine, by the mount program: Node has no system call for it. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { KubeletError } from "../kubelet-error.ts";

export interface Mounter {
  /** A file system in memory; `sizeBytes` 0 leaves the kernel's own limit. */
  mountTmpfs(path: string, sizeBytes: number): Promise<void>;
  /** `source` is not resolved first, so that a link in /proc/self/fd keeps what it stands for. */
  bindMount(source: string, target: string): Promise<void>;
  unmount(path: string): Promise<void>;
  /** Every mount point at or below a path, deepest first. */
  mountsBelow(path: string): Promise<string[]>;
}

export const hostMounter: Mounter = {
  mountTmpfs: (path, sizeBytes) => {
    const options = sizeBytes > 0 ? ["-o", `size=${sizeBytes}`] : [];
    return run("mount", ["-t", "tmpfs", ...options, "tmpfs", path]);
  },
  bindMount: (source, target) => run("mount", ["--no-canonicalize", "--bind", source, target]),
  unmount: (path) => run("umount", ["-l", path]),
  mountsBelow: async (path) =>
    mountPointsBelow(await readFile("/proc/self/mountinfo", "utf8"), path),
};

/** For runtimes that run no processes: nothing has to be mounted. */
export const noMounter: Mounter = {
  mountTmpfs: async () => {},
  bindMount: async () => {},
  unmount: async () => {},
  mountsBelow: async () => [],
};

export function mountPointsBelow(mountInfo: string, path: string): string[] {
  return mountInfo
    .split("\n")
    .map((line) => unescapeOctal(line.split(" ")[4] ?? ""))
    .filter((point) => point === path || point.startsWith(`${path}/`))
    .sort((a, b) => b.length - a.length);
}

/** Spaces and the like stand as octal numbers in mountinfo. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

const COMMAND_TIMEOUT_MS = 30_000;

function run(program: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { timeout: COMMAND_TIMEOUT_MS }, (cause, _, stderr) => {
      if (cause === null) resolve();
      else {
        const message = `${program} ${args.join(" ")} failed: ${stderr.trim()}`;
        reject(new KubeletError("hostFailure", message, { cause }));
      }
    });
  });
}
