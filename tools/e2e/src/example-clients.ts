/** The example clients of deploy/examples, built as their README says, with what the languages' own tools keep between runs. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { must, programPath, run } from "./program.ts";

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const examples = join(root, "deploy", "examples");
const cache = join(root, "node_modules", ".cache", "kubets-examples");
const protos = join(root, "proto");
const timeoutMs = 240_000;

/** A command that takes `tour` or `watch`, or why there is none here. */
export type ExampleClient = { readonly command: readonly string[] } | Missing;
interface Missing {
  readonly missing: string;
}

export async function goClient(): Promise<ExampleClient> {
  if (programPath("go") === undefined) return { missing: "no Go on this machine" };
  const env = { GOFLAGS: "-mod=readonly", GOTOOLCHAIN: "local" };
  const go = (...args: string[]) =>
    run("go", ["-C", join(examples, "go"), ...args], { env, timeoutMs });
  const modules = await go("mod", "download");
  if (modules.code !== 0)
    return { missing: `Go's modules cannot be had: ${lastLine(modules.stderr)}` };
  await must(
    join(root, "node_modules", ".bin", "buf"),
    // biome-ignore format: one option and its value a line
    [
      "generate", protos,
      "--template", join(examples, "go", "buf.gen.yaml"),
      "--output", join(examples, "go"),
      "--path", join(protos, "kubets/api/v1"),
      "--path", join(protos, "k8s/io/api/core/v1"),
      "--include-imports",
    ],
    { cwd: join(examples, "go"), env, timeoutMs },
  );
  const program = join(cache, "go-client");
  await must("go", ["-C", join(examples, "go"), "build", "-o", program, "."], { env, timeoutMs });
  return { command: [program] };
}

export async function pythonClient(): Promise<ExampleClient> {
  if (programPath("python3") === undefined) return { missing: "no Python on this machine" };
  const folder = join(examples, "python");
  const requirements = join(folder, "requirements.txt");
  const wanted = createHash("sha256").update(readFileSync(requirements)).digest("hex");
  const environment = join(cache, "python");
  const stamp = join(environment, "requirements.sha256");
  const python = join(environment, "bin", "python");
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
    mkdirSync(cache, { recursive: true });
    const made = await run("python3", ["-m", "venv", "--clear", environment], { timeoutMs });
    if (made.code !== 0) return { missing: `no Python environment: ${lastLine(made.stderr)}` };
    const installed = await run(python, ["-m", "pip", "install", "-q", "-r", requirements], {
      timeoutMs,
    });
    if (installed.code !== 0) {
      return { missing: `Python's packages cannot be had: ${lastLine(installed.stderr)}` };
    }
    writeFileSync(stamp, wanted);
  }
  mkdirSync(join(folder, "gen"), { recursive: true });
  await must(
    python,
    [
      ...["-m", "grpc_tools.protoc", "-I", protos],
      ...[`--python_out=${join(folder, "gen")}`, `--grpc_python_out=${join(folder, "gen")}`],
      "kubets/api/v1/objects.proto",
    ],
    { timeoutMs },
  );
  return { command: [python, join(folder, "client.py")] };
}

/** The version that the README's lines are tried with. */
const GRPCURL = "v1.9.3";

/** The one on this machine, else one made by Go's own tools and kept. */
export async function grpcurlProgram(): Promise<{ readonly program: string } | Missing> {
  const bin = process.env.GOBIN ?? join(process.env.GOPATH ?? join(homedir(), "go"), "bin");
  const installed = programPath("grpcurl") ?? join(bin, "grpcurl");
  if (existsSync(installed)) return { program: installed };
  if (programPath("go") === undefined) return { missing: "no grpcurl and no Go on this machine" };
  const folder = join(cache, `grpcurl-${GRPCURL}`);
  const program = join(folder, "grpcurl");
  if (!existsSync(program)) {
    const source = `github.com/fullstorydev/grpcurl/cmd/grpcurl@${GRPCURL}`;
    const env = { GOBIN: folder, GOFLAGS: "", GOTOOLCHAIN: "local" };
    const built = await run("go", ["install", source], { env, timeoutMs });
    if (built.code !== 0) {
      return { missing: `grpcurl cannot be built: ${lastLine(built.stderr)}` };
    }
  }
  return { program };
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
