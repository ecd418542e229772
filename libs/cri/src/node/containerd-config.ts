/**
 * The configuration file of a node's own containerd. Every path is the node's, so several nodes, and the
 * containerd that the machine may already run, live side by side.
 */
export interface ContainerdPaths {
  /** Images and snapshots. Kept over restarts. */
  readonly root: string;
  /** Running tasks. */
  readonly state: string;
  /** The gRPC socket. */
  readonly address: string;
  readonly cniConfDir: string;
  readonly cniBinDirs: readonly string[];
  /** Holds `<host:port>/hosts.toml`; read on every pull. */
  readonly registryConfigPath: string;
}

export interface ContainerdConfigOptions {
  readonly paths: ContainerdPaths;
  /** As `containerd --version` gives it; 1.x reads version 2 of the file, 2.x version 3. */
  readonly majorVersion: number;
  readonly pauseImage: string;
  readonly cgroupDriver: "cgroupfs" | "systemd";
  /** Set where the process may not lower an oom_score_adj (no CAP_SYS_RESOURCE): asking for it would fail every sandbox. */
  readonly restrictOomScoreAdj: boolean;
  readonly snapshotter: string;
}

export function containerdConfig(options: ContainerdConfigOptions): string {
  const { paths } = options;
  const head = [
    `version = ${options.majorVersion >= 2 ? 3 : 2}`,
    `root = ${quote(paths.root)}`,
    `state = ${quote(paths.state)}`,
    // Snapshotters that are not used would only lengthen the start.
    `disabled_plugins = [${UNUSED_PLUGINS.map(quote).join(", ")}]`,
    "",
    "[grpc]",
    `  address = ${quote(paths.address)}`,
    "[ttrpc]",
    `  address = ${quote(`${paths.address}.ttrpc`)}`,
    "[debug]",
    '  level = "warn"',
    "",
  ];
  const body = options.majorVersion >= 2 ? versionThree(options) : versionTwo(options);
  return `${[...head, ...body].join("\n")}\n`;
}

const UNUSED_PLUGINS = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.tracing.processor.v1.otlp",
  "io.containerd.internal.v1.tracing",
];

function versionTwo(options: ContainerdConfigOptions): string[] {
  const { paths } = options;
  const cri = '[plugins."io.containerd.grpc.v1.cri"';
  return [
    `${cri}]`,
    `  sandbox_image = ${quote(options.pauseImage)}`,
    `  restrict_oom_score_adj = ${options.restrictOomScoreAdj}`,
    '  stream_server_address = "127.0.0.1"',
    '  stream_server_port = "0"',
    '  stream_idle_timeout = "4h0m0s"',
    "  disable_apparmor = false",
    `${cri}.cni]`,
    `  bin_dir = ${quote(paths.cniBinDirs[0] ?? "/opt/cni/bin")}`,
    `  conf_dir = ${quote(paths.cniConfDir)}`,
    "  max_conf_num = 1",
    `${cri}.containerd]`,
    `  snapshotter = ${quote(options.snapshotter)}`,
    '  default_runtime_name = "runc"',
    `${cri}.containerd.runtimes.runc]`,
    '  runtime_type = "io.containerd.runc.v2"',
    `${cri}.containerd.runtimes.runc.options]`,
    `  SystemdCgroup = ${options.cgroupDriver === "systemd"}`,
    `${cri}.registry]`,
    `  config_path = ${quote(paths.registryConfigPath)}`,
  ];
}

function versionThree(options: ContainerdConfigOptions): string[] {
  const { paths } = options;
  const images = '[plugins."io.containerd.cri.v1.images"';
  const runtime = '[plugins."io.containerd.cri.v1.runtime"';
  return [
    `${images}]`,
    `  snapshotter = ${quote(options.snapshotter)}`,
    `${images}.pinned_images]`,
    `  sandbox = ${quote(options.pauseImage)}`,
    `${images}.registry]`,
    `  config_path = ${quote(paths.registryConfigPath)}`,
    `${runtime}]`,
    `  restrict_oom_score_adj = ${options.restrictOomScoreAdj}`,
    `${runtime}.cni]`,
    `  bin_dirs = [${paths.cniBinDirs.map(quote).join(", ")}]`,
    `  conf_dir = ${quote(paths.cniConfDir)}`,
    "  max_conf_num = 1",
    `${runtime}.containerd]`,
    '  default_runtime_name = "runc"',
    `${runtime}.containerd.runtimes.runc]`,
    '  runtime_type = "io.containerd.runc.v2"',
    `${runtime}.containerd.runtimes.runc.options]`,
    `  SystemdCgroup = ${options.cgroupDriver === "systemd"}`,
    '[plugins."io.containerd.grpc.v1.cri"]',
    '  stream_server_address = "127.0.0.1"',
    '  stream_server_port = "0"',
    '  stream_idle_timeout = "4h0m0s"',
  ];
}

/** A TOML basic string. JSON's escapes are a subset of TOML's. */
function quote(text: string): string {
  return JSON.stringify(text);
}

/** `hosts.toml` for a registry that is reached over plain http, or for a mirror of another one. */
export function registryHosts(options: {
  readonly server?: string;
  readonly mirrors: readonly string[];
}): string {
  const lines = options.server === undefined ? [] : [`server = ${quote(options.server)}`, ""];
  for (const mirror of options.mirrors) {
    lines.push(`[host.${quote(mirror)}]`, '  capabilities = ["pull", "resolve"]');
  }
  return `${lines.join("\n")}\n`;
}
