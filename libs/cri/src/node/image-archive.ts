/**
 * Makes OCI image archives in memory: what `ctr images import` takes and what a registry client can push.
 * One layer, one platform, reproducible bytes.
 */
import { createHash } from "node:crypto";
import type { CpuArchitecture } from "./pause-program.ts";
import { pauseProgram } from "./pause-program.ts";
import { type TarEntry, tarArchive } from "./tar-archive.ts";

export interface ImageContent {
  /** With registry and tag, as it shall be known: "docker.io/library/nginx:latest". */
  readonly name: string;
  readonly architecture: CpuArchitecture;
  readonly files: readonly TarEntry[];
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly env?: readonly string[];
  readonly workingDir?: string;
  readonly user?: string;
  readonly exposedPorts?: readonly string[];
  readonly stopSignal?: string;
}

export function imageArchive(content: ImageContent): Buffer {
  const layer = tarArchive(content.files);
  const config = jsonBytes({
    architecture: content.architecture,
    os: "linux",
    created: "1970-01-01T00:00:00Z",
    config: {
      ...(content.entrypoint ? { Entrypoint: content.entrypoint } : {}),
      ...(content.command ? { Cmd: content.command } : {}),
      ...(content.env ? { Env: content.env } : {}),
      ...(content.workingDir ? { WorkingDir: content.workingDir } : {}),
      ...(content.user ? { User: content.user } : {}),
      ...(content.stopSignal ? { StopSignal: content.stopSignal } : {}),
      ...(content.exposedPorts
        ? { ExposedPorts: Object.fromEntries(content.exposedPorts.map((port) => [port, {}])) }
        : {}),
    },
    rootfs: { type: "layers", diff_ids: [digest(layer)] },
    history: [{ created: "1970-01-01T00:00:00Z", created_by: "kubets" }],
  });
  const manifest = jsonBytes({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: descriptor("application/vnd.oci.image.config.v1+json", config),
    layers: [descriptor("application/vnd.oci.image.layer.v1.tar", layer)],
  });
  const index = jsonBytes({
    schemaVersion: 2,
    manifests: [
      {
        ...descriptor(MANIFEST_TYPE, manifest),
        platform: { architecture: content.architecture, os: "linux" },
        annotations: {
          "io.containerd.image.name": content.name,
          "org.opencontainers.image.ref.name": content.name.split(":").at(-1) ?? "latest",
        },
      },
    ],
  });
  return tarArchive([
    file("oci-layout", jsonBytes({ imageLayoutVersion: "1.0.0" })),
    file("index.json", index),
    { path: "blobs", mode: 0o755, content: { type: "directory" } },
    { path: "blobs/sha256", mode: 0o755, content: { type: "directory" } },
    ...[config, manifest, layer].map((blob) => file(`blobs/sha256/${hex(blob)}`, blob)),
  ]);
}

/** The name under which nodes know the image of their sandboxes. */
export const PAUSE_IMAGE = "registry.kubets.internal/pause:3.10.1";

export function pauseImageArchive(architecture: CpuArchitecture): Buffer {
  return imageArchive({
    name: PAUSE_IMAGE,
    architecture,
    files: [file("pause", pauseProgram(architecture), 0o755)],
    entrypoint: ["/pause"],
    user: "65535:65535",
  });
}

const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";

function file(path: string, bytes: Buffer, mode = 0o644): TarEntry {
  return { path, mode, content: { type: "file", bytes } };
}

function descriptor(mediaType: string, bytes: Buffer) {
  return { mediaType, digest: digest(bytes), size: bytes.length };
}

function digest(bytes: Buffer): string {
  return `sha256:${hex(bytes)}`;
}

function hex(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function jsonBytes(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
