import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FakeClock } from "@kubets/service";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makePod } from "../testing/pods.ts";
import { type Payload, writeAtomically } from "./atomic-writer.ts";
import { prepareHostPath } from "./host-path.ts";
import { hostMounter, mountPointsBelow, noMounter } from "./mounter.ts";
import { checkSubPath, prepareSubPath } from "./sub-path.ts";
import { TokenSource } from "./token-source.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "volumes-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const payload = (files: Record<string, string>, mode = 0o644): Payload =>
  new Map(Object.entries(files).map(([path, text]) => [path, { bytes: Buffer.from(text), mode }]));

describe("files that are written at once", () => {
  let stamps = 0;
  const write = (files: Record<string, string>, mode?: number) =>
    writeAtomically({
      directory: join(directory, "v"),
      payload: payload(files, mode),
      stamp: String(++stamps),
    });

  it("are reached through one link, which is what changes", async () => {
    await write({ a: "1", "deep/b": "2" });
    const volume = join(directory, "v");
    expect(await readFile(join(volume, "a"), "utf8")).toBe("1");
    expect(await readFile(join(volume, "deep/b"), "utf8")).toBe("2");
    expect(await readlink(join(volume, "a"))).toBe("..data/a");
    const before = await readlink(join(volume, "..data"));
    expect(await write({ a: "new", c: "3" })).toBe(true);
    expect(await readlink(join(volume, "..data"))).not.toBe(before);
    expect((await readdir(volume)).filter((name) => !name.startsWith(".."))).toEqual(["a", "c"]);
    // The old files are gone; nobody reads them any more.
    expect(
      (await readdir(volume)).filter((name) => name.startsWith("..") && name !== "..data"),
    ).toHaveLength(1);
  });

  it("are left alone when they are as they should be", async () => {
    expect(await write({ a: "1" })).toBe(true);
    expect(await write({ a: "1" })).toBe(false);
    expect(await write({ a: "1" }, 0o400)).toBe(true);
    expect((await stat(join(directory, "v", "a"))).mode & 0o777).toBe(0o400);
  });

  it.each(["../x", "/x", "a/../../x", "..x", "", "a//b"])("never lie outside: %s", async (path) => {
    await expect(write({ [path]: "1" })).rejects.toThrow("invalid path in volume");
  });
});

describe("a sub-path", () => {
  it.each([
    ["/x", "must not be an absolute path"],
    ["a/../b", "must not contain '..'"],
  ])("%s is refused", (path, text) => {
    expect(() => checkSubPath(path)).toThrow(text);
  });

  it("cannot lead out of its volume through a link", async () => {
    const volumePath = join(directory, "volume");
    await mkdir(volumePath);
    await symlink("/etc", join(volumePath, "out"));
    await expect(
      prepareSubPath({
        volumePath,
        subPath: "out/cron.d",
        target: join(directory, "t"),
        mounter: noMounter,
      }),
    ).rejects.toThrow("leads out of its volume");
  });

  it("is made with the volume's mode where it is missing", async () => {
    const volumePath = join(directory, "volume");
    await mkdir(volumePath);
    await chmod(volumePath, 0o770);
    await prepareSubPath({
      volumePath,
      subPath: "a/b",
      target: join(directory, "t"),
      mounter: noMounter,
    });
    expect((await stat(join(volumePath, "a/b"))).mode & 0o777).toBe(0o770);
  });

  it.skipIf(process.getuid?.() !== 0)("is mounted as what was found, file or folder", async () => {
    const volumePath = join(directory, "volume");
    await mkdir(volumePath);
    await writeFile(join(volumePath, "f"), "content");
    const target = join(directory, "mounts", "f");
    await prepareSubPath({ volumePath, subPath: "f", target, mounter: hostMounter });
    expect(await readFile(target, "utf8")).toBe("content");
    await hostMounter.unmount(target);
    expect(await readFile(target, "utf8")).toBe("");
  });
});

describe("a hostPath", () => {
  it("is made where its type says so, and refused where it is something else", async () => {
    await prepareHostPath(join(directory, "d"), "DirectoryOrCreate");
    await prepareHostPath(join(directory, "f"), "FileOrCreate");
    await expect(prepareHostPath(join(directory, "f"), "Directory")).rejects.toThrow(
      `hostPath type check failed: ${join(directory, "f")} is not a directory`,
    );
    await expect(prepareHostPath(join(directory, "none"), "File")).rejects.toThrow("is not a file");
    await prepareHostPath(join(directory, "none"), "");
  });
});

describe("the mount table", () => {
  it("is read with its escapes, deepest first", () => {
    const table = [
      "1 0 0:1 / /a rw - tmpfs x rw",
      "2 0 0:1 / /a/b\\040c rw - tmpfs x rw",
      "3 0 0:1 / /ab rw - tmpfs x rw",
    ].join("\n");
    expect(mountPointsBelow(table, "/a")).toEqual(["/a/b c", "/a"]);
  });
});

describe("tokens for pods", () => {
  it("are kept until four fifths of their time are over, and longer when the server cannot be asked", async () => {
    const clock = new FakeClock();
    let issued = 0;
    let isDown = false;
    const source = new TokenSource({
      clock,
      client: {
        async createSubresource<R>(_type: unknown, _target: unknown, object: unknown): Promise<R> {
          if (isDown) throw new Error("down");
          issued += 1;
          const expirationTimestamp = new Date(clock.now() + 3_600_000).toISOString();
          return {
            ...(object as object),
            status: { token: `t${issued}`, expirationTimestamp },
          } as R;
        },
      },
    });
    const pod = makePod();
    const ask = () => source.token(pod, { audiences: [], expirationSeconds: 3600 });
    expect(await ask()).toBe("t1");
    await clock.advance(2_879_000);
    expect(await ask()).toBe("t1");
    await clock.advance(2000);
    expect(await ask()).toBe("t2");
    await clock.advance(3_000_000);
    isDown = true;
    expect(await ask()).toBe("t2");
    await clock.advance(1_000_000);
    await expect(ask()).rejects.toThrow("down");
  });
});
