/**
 * The program of the pause image: a static ELF of about 300 bytes that holds a pod's namespaces open. It
 * blocks SIGINT, SIGTERM and SIGCHLD and waits for them: the first two end it with status 0, the third makes
 * it reap what was left to it, which matters when a pod shares its process namespace. Blocking is what lets
 * a process with id 1 see these signals without installing handlers.
 *
 * Written as machine code so that a node needs no registry and no compiler for its first pod.
 */
export type CpuArchitecture = "amd64" | "arm64";

export function pauseProgram(architecture: CpuArchitecture): Buffer {
  const code = architecture === "amd64" ? amd64Code() : arm64Code();
  return elfExecutable(code, architecture === "amd64" ? 62 : 183);
}

/** SIGINT (2), SIGTERM (15) and SIGCHLD (17) as a kernel signal set. */
const SIGNAL_SET = (1n << 1n) | (1n << 14n) | (1n << 16n);
const LOAD_ADDRESS = 0x400000n;
const HEADERS_BYTES = 64 + 56;

function elfExecutable(code: Buffer, machine: number): Buffer {
  const header = Buffer.alloc(HEADERS_BYTES);
  header.write("\x7fELF", 0, "latin1");
  header.set([2, 1, 1], 4); // 64 bit, little endian, version
  header.writeUInt16LE(2, 16); // ET_EXEC
  header.writeUInt16LE(machine, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(LOAD_ADDRESS + BigInt(HEADERS_BYTES), 24); // entry
  header.writeBigUInt64LE(64n, 32); // program headers follow
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(1, 56);
  header.writeUInt16LE(64, 58);
  const size = BigInt(HEADERS_BYTES + code.length);
  header.writeUInt32LE(1, 64); // PT_LOAD
  header.writeUInt32LE(5, 68); // readable, executable
  header.writeBigUInt64LE(LOAD_ADDRESS, 80);
  header.writeBigUInt64LE(LOAD_ADDRESS, 88);
  header.writeBigUInt64LE(size, 96);
  header.writeBigUInt64LE(size, 104);
  header.writeBigUInt64LE(0x10000n, 112);
  return Buffer.concat([header, code]);
}

function signalSetBytes(): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(SIGNAL_SET);
  return bytes;
}

/** Places bytes one after the other and fills in distances to labels at the end. */
class Assembler {
  readonly #bytes: number[] = [];
  readonly #labels = new Map<string, number>();
  readonly #patches: ((code: Buffer) => void)[] = [];

  get offset(): number {
    return this.#bytes.length;
  }
  emit(...bytes: number[]): void {
    this.#bytes.push(...bytes);
  }
  word(word: number): void {
    this.emit(word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, (word >>> 24) & 0xff);
  }
  label(name: string): void {
    this.#labels.set(name, this.offset);
  }
  patch(fill: (code: Buffer, address: (label: string) => number) => void): void {
    this.#patches.push((code) => fill(code, (label) => this.#address(label)));
  }
  finish(): Buffer {
    const code = Buffer.from(this.#bytes);
    for (const patch of this.#patches) patch(code);
    return code;
  }
  #address(label: string): number {
    const offset = this.#labels.get(label);
    if (offset === undefined) throw new Error(`label ${label} is not placed`);
    return offset;
  }
}

function amd64Code(): Buffer {
  const out = new Assembler();
  const syscall = (number: number) => {
    out.emit(0xb8);
    out.word(number);
    out.emit(0x0f, 0x05);
  };
  const loadSetAddress = (modrm: number) => {
    out.emit(0x48, 0x8d, modrm);
    const at = out.offset;
    out.word(0);
    out.patch((code, address) => code.writeInt32LE(address("set") - (at + 4), at));
  };
  const jump = (opcode: number, label: string) => {
    out.emit(opcode, 0);
    const at = out.offset - 1;
    out.patch((code, address) => code.writeInt8(address(label) - (at + 1), at));
  };
  const setSizeInR10 = () => out.emit(0x41, 0xba, 8, 0, 0, 0);

  out.emit(0x31, 0xff); // edi = SIG_BLOCK
  loadSetAddress(0x35); // rsi
  out.emit(0x31, 0xd2); // edx = null
  setSizeInR10();
  syscall(14); // rt_sigprocmask
  out.label("wait");
  loadSetAddress(0x3d); // rdi
  out.emit(0x31, 0xf6, 0x31, 0xd2); // no siginfo, no timeout
  setSizeInR10();
  syscall(128); // rt_sigtimedwait
  out.emit(0x83, 0xf8, 17);
  jump(0x74, "reap");
  out.emit(0x83, 0xf8, 2);
  jump(0x74, "exit");
  out.emit(0x83, 0xf8, 15);
  jump(0x75, "wait");
  out.label("exit");
  out.emit(0x31, 0xff);
  syscall(231); // exit_group
  out.label("reap");
  out.emit(0x48, 0xc7, 0xc7, 0xff, 0xff, 0xff, 0xff); // rdi = any child
  out.emit(0x31, 0xf6); // no status
  out.emit(0xba, 1, 0, 0, 0); // WNOHANG
  out.emit(0x45, 0x31, 0xd2); // no usage
  syscall(61); // wait4
  out.emit(0x85, 0xc0);
  jump(0x7f, "reap");
  jump(0xeb, "wait");
  out.label("set");
  out.emit(...signalSetBytes());
  return out.finish();
}

function arm64Code(): Buffer {
  const out = new Assembler();
  const move = (register: number, value: number) =>
    out.word((0xd2800000 | (value << 5) | register) >>> 0);
  const syscall = (number: number) => {
    move(8, number);
    out.word(0xd4000001);
  };
  const loadSetAddress = (register: number) => {
    const at = out.offset;
    out.word(0);
    out.patch((code, address) => {
      const distance = address("set") - at;
      const low = distance & 3;
      const high = (distance >> 2) & 0x7ffff;
      code.writeUInt32LE((0x10000000 | (low << 29) | (high << 5) | register) >>> 0, at);
    });
  };
  const compare = (value: number) => out.word((0x71000000 | (value << 10) | 0x1f) >>> 0);
  const branchIf = (condition: number, label: string) => {
    const at = out.offset;
    out.word(0);
    out.patch((code, address) => {
      const words = ((address(label) - at) >> 2) & 0x7ffff;
      code.writeUInt32LE((0x54000000 | (words << 5) | condition) >>> 0, at);
    });
  };
  const branch = (label: string) => {
    const at = out.offset;
    out.word(0);
    out.patch((code, address) => {
      const words = ((address(label) - at) >> 2) & 0x3ffffff;
      code.writeUInt32LE((0x14000000 | words) >>> 0, at);
    });
  };
  const EQUAL = 0;
  const NOT_EQUAL = 1;
  const GREATER = 12;

  move(0, 0);
  loadSetAddress(1);
  move(2, 0);
  move(3, 8);
  syscall(135); // rt_sigprocmask
  out.label("wait");
  loadSetAddress(0);
  move(1, 0);
  move(2, 0);
  move(3, 8);
  syscall(137); // rt_sigtimedwait
  compare(17);
  branchIf(EQUAL, "reap");
  compare(2);
  branchIf(EQUAL, "exit");
  compare(15);
  branchIf(NOT_EQUAL, "wait");
  out.label("exit");
  move(0, 0);
  syscall(94); // exit_group
  out.label("reap");
  out.word(0x92800000); // x0 = -1
  move(1, 0);
  move(2, 1);
  move(3, 0);
  syscall(260); // wait4
  compare(0);
  branchIf(GREATER, "reap");
  branch("wait");
  if (out.offset % 8 !== 0) out.word(0xd503201f);
  out.label("set");
  out.emit(...signalSetBytes());
  return out.finish();
}
