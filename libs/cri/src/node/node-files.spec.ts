import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { containerdConfig, registryHosts } from "./containerd-config.ts";
import { imageArchive, pauseImageArchive } from "./image-archive.ts";
import { pauseProgram } from "./pause-program.ts";
import { tarArchive } from "./tar-archive.ts";

const isLinuxX64 = process.platform === "linux" && process.arch === "x64";

describe("the pause program", () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it.skipIf(!isLinuxX64)(`waits, and ends with 0 on ${signal}`, async () => {
      const directory = await mkdtemp(join(tmpdir(), "pause-"));
      const path = join(directory, "pause");
      await writeFile(path, pauseProgram("amd64"), { mode: 0o755 });
      const child = spawn(path);
      const ended = new Promise((resolve) => child.once("exit", (code, by) => resolve([code, by])));
      await untilWaiting(child.pid ?? 0);
      // Ended children are its business too; they do not end it.
      child.kill("SIGCHLD");
      child.kill(signal);
      expect(await ended).toEqual([0, null]);
      await rm(directory, { recursive: true });
    });
  }

  it("is a static executable for either processor", () => {
    for (const [architecture, machine] of [
      ["amd64", 62],
      ["arm64", 183],
    ] as const) {
      const bytes = pauseProgram(architecture);
      expect(bytes.toString("latin1", 1, 4)).toBe("ELF");
      expect(bytes.readUInt16LE(18)).toBe(machine);
      expect(bytes.length).toBeLessThan(512);
      // The one segment holds the whole file, and the program begins inside it.
      expect(bytes.readBigUInt64LE(96)).toBe(BigInt(bytes.length));
    }
  });

  it("calls the right kernel functions on arm64", () => {
    const code = pauseProgram("arm64").subarray(120);
    const words = Array.from({ length: Math.floor(code.length / 4) }, (_, index) =>
      code.readUInt32LE(index * 4),
    );
    // movz x8, #number
    const calls = words
      .filter((word) => (word & 0xffe0001f) >>> 0 === 0xd2800008)
      .map((word) => (word >>> 5) & 0xffff);
    expect(calls).toEqual([135, 137, 94, 260]);
    expect(words.filter((word) => word === 0xd4000001)).toHaveLength(4);
  });
});

describe("archives", () => {
  it("are the same bytes each time", () => {
    expect(pauseImageArchive("amd64").equals(pauseImageArchive("amd64"))).toBe(true);
  });

  it("name their image for containerd", () => {
    const archive = imageArchive({
      name: "docker.io/library/app:1",
      architecture: "amd64",
      files: [],
    });
    expect(archive.toString("latin1")).toContain(
      '"io.containerd.image.name":"docker.io/library/app:1"',
    );
  });

  it("refuse paths that do not fit into a header", () => {
    const path = "x".repeat(101);
    const entry = { path, mode: 0o644, content: { type: "directory" as const } };
    expect(() => tarArchive([entry])).toThrow(RangeError);
  });
});

describe("the configuration of containerd", () => {
  const paths = {
    root: "/n/root",
    state: "/n/state",
    address: "/n/c.sock",
    cniConfDir: "/n/cni",
    cniBinDirs: ["/usr/lib/cni"],
    registryConfigPath: "/n/certs.d",
  };
  const options = {
    paths,
    pauseImage: "pause:1",
    cgroupDriver: "cgroupfs" as const,
    restrictOomScoreAdj: true,
    snapshotter: "overlayfs",
  };

  it("is of version 2 for containerd 1, with everything of the node's own", () => {
    const text = containerdConfig({ ...options, majorVersion: 1 });
    expect(text).toMatch(/^version = 2$/m);
    expect(text).toMatch(/sandbox_image = "pause:1"/);
    expect(text).toMatch(/restrict_oom_score_adj = true/);
    expect(text).toMatch(/conf_dir = "\/n\/cni"/);
    expect(text).toMatch(/config_path = "\/n\/certs.d"/);
  });

  it("is of version 3 for containerd 2, where the plugins have other names", () => {
    const text = containerdConfig({ ...options, majorVersion: 2 });
    expect(text).toMatch(/^version = 3$/m);
    expect(text).toContain(
      '[plugins."io.containerd.cri.v1.images".pinned_images]\n  sandbox = "pause:1"',
    );
    expect(text).toContain('bin_dirs = ["/usr/lib/cni"]');
  });

  it("names mirrors of a registry", () => {
    expect(registryHosts({ server: "https://docker.io", mirrors: ["http://10.0.0.1:5000"] })).toBe(
      'server = "https://docker.io"\n\n[host."http://10.0.0.1:5000"]\n  capabilities = ["pull", "resolve"]\n',
    );
  });
});

/** Until the program waits in rt_sigtimedwait: a signal that comes before would kill it. */
async function untilWaiting(pid: number): Promise<void> {
  while (!(await readFile(`/proc/${pid}/syscall`, "utf8")).startsWith("128 ")) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
