/** Writes tar archives in memory: ustar headers, no extensions, times and owners fixed so that bytes are reproducible. */
export interface TarEntry {
  /** Relative, without a leading slash; at most 100 bytes. */
  readonly path: string;
  readonly mode: number;
  readonly content:
    | { readonly type: "file"; readonly bytes: Buffer }
    | { readonly type: "directory" }
    | { readonly type: "symlink"; readonly target: string };
  readonly uid?: number;
  readonly gid?: number;
}

export function tarArchive(entries: readonly TarEntry[]): Buffer {
  const parts: Buffer[] = [];
  for (const entry of entries) {
    const bytes = entry.content.type === "file" ? entry.content.bytes : Buffer.alloc(0);
    parts.push(header(entry, bytes.length), bytes);
    const rest = bytes.length % BLOCK_BYTES;
    if (rest > 0) parts.push(Buffer.alloc(BLOCK_BYTES - rest));
  }
  parts.push(Buffer.alloc(2 * BLOCK_BYTES));
  return Buffer.concat(parts);
}

const BLOCK_BYTES = 512;
const TYPE_FLAGS = { file: "0", symlink: "2", directory: "5" } as const;

function header(entry: TarEntry, size: number): Buffer {
  const isDirectory = entry.content.type === "directory";
  const path = isDirectory && !entry.path.endsWith("/") ? `${entry.path}/` : entry.path;
  const target = entry.content.type === "symlink" ? entry.content.target : "";
  if (Buffer.byteLength(path) > 100 || Buffer.byteLength(target) > 100) {
    throw new RangeError(`path is too long for a tar header: ${path}`);
  }
  const block = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, at: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, "latin1");
  block.write(path, 0);
  octal(entry.mode, 100, 8);
  octal(entry.uid ?? 0, 108, 8);
  octal(entry.gid ?? 0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  block.write("        ", 148, "latin1");
  block.write(TYPE_FLAGS[entry.content.type], 156, "latin1");
  block.write(target, 157);
  block.write("ustar\u000000", 257, "latin1");
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}
