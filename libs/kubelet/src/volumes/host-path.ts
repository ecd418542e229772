/**
 * Checks a hostPath volume, and makes what its type says may be made.
 *
 * Upstream: pkg/volume/hostpath/host_path.go checkTypeInternal @1.36
 */
import { mkdir, open, stat } from "node:fs/promises";
import { KubeletError } from "../kubelet-error.ts";

export async function prepareHostPath(path: string, type: string): Promise<void> {
  const stats = await stat(path).catch(() => undefined);
  const refuse = (what: string): never => {
    throw new KubeletError(
      "missingReference",
      `hostPath type check failed: ${path} is not ${what}`,
    );
  };
  switch (type) {
    case "":
      return;
    case "DirectoryOrCreate":
      if (stats === undefined) await mkdir(path, { recursive: true, mode: 0o755 });
      else if (!stats.isDirectory()) refuse("a directory");
      return;
    case "FileOrCreate":
      if (stats === undefined) await (await open(path, "a", 0o644)).close();
      else if (!stats.isFile()) refuse("a file");
      return;
    case "Directory":
      if (stats?.isDirectory() !== true) refuse("a directory");
      return;
    case "File":
      if (stats?.isFile() !== true) refuse("a file");
      return;
    case "Socket":
      if (stats?.isSocket() !== true) refuse("a socket file");
      return;
    case "CharDevice":
      if (stats?.isCharacterDevice() !== true) refuse("a character device");
      return;
    case "BlockDevice":
      if (stats?.isBlockDevice() !== true) refuse("a block device");
      return;
    default:
      throw new KubeletError("invalidSpec", `${type} is an invalid volume type`);
  }
}
