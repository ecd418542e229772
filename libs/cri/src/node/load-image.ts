import { spawn } from "node:child_process";
import { RuntimeError } from "../runtime.ts";

export interface LoadImageOptions {
  readonly ctrPath: string;
  readonly address: string;
  /** An OCI or Docker image archive. */
  readonly archive: Buffer;
  readonly signal: AbortSignal;
}

/** Puts an image archive into a containerd, where pods find it under the names it carries. */
export function loadImage(options: LoadImageOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const args = ["-a", options.address, "-n", "k8s.io", "images", "import", "-"];
    const child = spawn(options.ctrPath, args, {
      stdio: ["pipe", "ignore", "pipe"],
      signal: options.signal,
    });
    let errors = "";
    child.stderr.setEncoding("utf8");
    child.stderr.on("data", (text: string) => {
      if (errors.length < ERROR_TEXT_CHARS_MAX) errors += text;
    });
    child.once("error", (cause) => {
      reject(new RuntimeError("unknown", "cannot run ctr", { cause }));
    });
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(new RuntimeError("unknown", `ctr images import failed: ${errors.trim()}`));
    });
    // ctr may end before it has read everything; its exit code says what happened.
    child.stdin.on("error", () => {});
    child.stdin.end(options.archive);
  });
}

const ERROR_TEXT_CHARS_MAX = 4096;
