import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Writes a PEM text so that a reader sees the old file or the new one, never half of one, and a private key is never
 * readable for others, not even for a moment.
 */
export async function writePem(path: string, text: string): Promise<void> {
  const isPrivate = text.includes("PRIVATE KEY-----");
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, text, { mode: isPrivate ? 0o600 : 0o644 });
  await rename(temporary, path);
}

/** Throws with the path in the message when the file is not there or holds no PEM block. */
export async function readPem(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new Error(`cannot read ${path}`, { cause: error });
  });
  if (!text.includes("-----BEGIN ")) throw new Error(`${path} holds no PEM data`);
  return text;
}
