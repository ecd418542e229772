import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { sleep, systemClock } from "@kubets/service";

const run = promisify(execFile);
const diskBytes = 2 * 1024 ** 3;
const unmountTries = 200;

/** EXT4_IOC_SHUTDOWN with "no log flush": from now on nothing reaches the disk, not even what waits in the journal. */
const cutOff =
  'sysopen(my $f, $ARGV[0], 0) or die $!; my $how = pack("L", 2); ioctl($f, 0x8004587D, $how) or die $!';

/** A disk of our own with ext4 on it, whose power can be cut: what was not flushed by then is lost. */
export class LoopDisk {
  readonly folder: string;
  readonly #image: string;
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
    this.#image = join(root, "image");
    this.folder = join(root, "disk");
  }

  /** Undefined, and said, where disks cannot be made. */
  static async create(): Promise<LoopDisk | undefined> {
    if (process.platform !== "linux" || process.getuid?.() !== 0) {
      console.warn("a power cut is not tested: that takes root on Linux");
      return undefined;
    }
    const root = await mkdtemp(join(tmpdir(), "kubets-disk-"));
    const disk = new LoopDisk(root);
    try {
      // The one program that cuts the power; without it there is no test.
      await run("perl", ["-e", "1"]);
      await chmod(root, 0o755);
      await writeFile(disk.#image, "");
      // Takes the room of what is written only.
      await truncate(disk.#image, diskBytes);
      await mkdir(disk.folder);
      await run("mkfs.ext4", ["-q", "-F", disk.#image]);
      await disk.mount();
      return disk;
    } catch (error) {
      await rm(root, { recursive: true, force: true });
      console.warn(`a power cut is not tested: no disk can be made (${String(error)})`);
      return undefined;
    }
  }

  async mount(): Promise<void> {
    await run("mount", ["-o", "loop", this.#image, this.folder]);
  }

  /** Whatever was written so far survives. */
  async flush(): Promise<void> {
    await run("sync", ["-f", this.folder]);
  }

  async cutPower(): Promise<void> {
    await run("perl", ["-e", cutOff, this.folder]);
  }

  /** Those who use it must have gone; the kernel may need a moment to notice. */
  async unmount(): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await run("umount", [this.folder]);
        return;
      } catch (error) {
        if (tries >= unmountTries) throw error;
        await sleep(systemClock, 50);
      }
    }
  }

  async remove(): Promise<void> {
    await this.unmount();
    await rm(this.#root, { recursive: true, force: true });
  }
}
