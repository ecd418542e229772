/**
 * Mounts a part of a volume into a container such that no link inside the volume, which containers may
 * write to, can lead outside: each part of the path is opened without following links, and what was opened
 * last is what gets mounted.
 *
 * Upstream: pkg/volume/util/subpath/subpath_linux.go doBindSubPath, safeOpenSubPath @1.36
 */
import { constants } from "node:fs";
import { type FileHandle, mkdir, open, realpath, stat, writeFile } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { KubeletError } from "../kubelet-error.ts";
import type { Mounter } from "./mounter.ts";

export interface SubPathInput {
  readonly volumePath: string;
  readonly subPath: string;
  /** Where it is mounted on the node; the container's mount starts from there. */
  readonly target: string;
  readonly mounter: Mounter;
}

export function checkSubPath(subPath: string): void {
  if (subPath.startsWith("/")) {
    throw new KubeletError(
      "invalidSpec",
      `error SubPath \`${subPath}\` must not be an absolute path`,
    );
  }
  if (subPath.split("/").includes("..")) {
    throw new KubeletError(
      "invalidSpec",
      `unable to provision SubPath \`${subPath}\`: must not contain '..'`,
    );
  }
}

export async function prepareSubPath(input: SubPathInput): Promise<string> {
  checkSubPath(input.subPath);
  const root = await realpath(input.volumePath);
  await makeMissing(root, input.subPath);
  // Links inside a volume are allowed as long as they stay inside; they are resolved first, then walked.
  const resolved = await realpath(join(root, input.subPath));
  if (resolved !== root && !resolved.startsWith(root + sep)) {
    throw new KubeletError("invalidSpec", "the sub-path leads out of its volume");
  }
  const parts = resolved.slice(root.length).split(sep).filter(Boolean);
  const handle = await openInside(root, parts);
  try {
    const source = `/proc/${process.pid}/fd/${handle.fd}`;
    const isDirectory = (await handle.stat()).isDirectory();
    await mkdir(dirname(input.target), { recursive: true, mode: 0o750 });
    if ((await input.mounter.mountsBelow(input.target)).length > 0) {
      await input.mounter.unmount(input.target);
    }
    if (isDirectory) await mkdir(input.target, { recursive: true, mode: 0o750 });
    else await writeFile(input.target, "", { mode: 0o640 });
    await input.mounter.bindMount(source, input.target);
  } finally {
    await handle.close();
  }
  return input.target;
}

/** A sub-path that is not there yet becomes a folder with the volume's own mode. */
async function makeMissing(root: string, subPath: string): Promise<void> {
  const exists = await stat(join(root, subPath)).then(
    () => true,
    () => false,
  );
  if (exists) return;
  const { mode } = await stat(root);
  let path = root;
  for (const part of subPath.split("/").filter(Boolean)) {
    path = join(path, part);
    const made = await mkdir(path, { mode: mode & 0o7777 }).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === "EEXIST") return false;
        throw error;
      },
    );
    // A link put in the way since is not followed.
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => {
      throw new KubeletError("invalidSpec", "the sub-path leads out of its volume");
    });
    try {
      if (made) await handle.chmod(mode & 0o7777);
    } finally {
      await handle.close();
    }
  }
}

async function openInside(root: string, parts: readonly string[]): Promise<FileHandle> {
  let handle = await open(root, constants.O_RDONLY | constants.O_DIRECTORY);
  for (const part of parts) {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const path = `/proc/self/fd/${handle.fd}/${part}`;
    const next = await open(path, flags).finally(() => handle.close());
    handle = next;
  }
  return handle;
}
