import { existsSync, lstatSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Every file and folder of one cluster. All of them lie below `state` and `run`, and `down` removes both. */
export interface ClusterPaths {
  /** Survives a reboot: certificates, database, images. */
  readonly state: string;
  /** Sockets and process records. Short, since a socket's path has at most 107 characters. */
  readonly run: string;
  readonly spec: string;
  readonly logs: string;
  readonly pki: string;
  readonly postgres: string;
  readonly controlSocket: string;
  readonly guardSocket: string;
  /** The records of every process that was started. */
  readonly processes: string;
  node(name: string): NodePaths;
}

export interface NodePaths {
  readonly state: string;
  readonly run: string;
  readonly containerdRoot: string;
  readonly containerdState: string;
  readonly containerdSocket: string;
  readonly containerdConfig: string;
  readonly cniConfig: string;
  readonly registryConfig: string;
  readonly kubeletRoot: string;
  /** Mounted over the node's /etc/hosts: itself, and the host as host.kubets.internal. */
  readonly hosts: string;
  /** Mounted over the node's /etc/resolv.conf where the host's names a resolver that only the host reaches. */
  readonly resolvConf: string | undefined;
}

/** The real servers behind systemd-resolved, whose own address is a loopback one. */
const RESOLVED_CONF = "/run/systemd/resolve/resolv.conf";

/** Where clusters live: the system's folders for root, the user's own otherwise. */
export function baseFolders(
  environment: Readonly<Record<string, string | undefined>>,
  uid: number,
) {
  if (uid === 0) return { state: "/var/lib/kubets", run: "/run/kubets" };
  const state = environment.XDG_STATE_HOME ?? join(homedir(), ".local", "state");
  const run = environment.XDG_RUNTIME_DIR ?? ownTemporaryFolder(uid);
  return { state: join(state, "kubets"), run: join(run, "kubets") };
}

/** Everybody may make a folder there first, and then decide which processes `down` ends. */
function ownTemporaryFolder(uid: number): string {
  const folder = `/tmp/kubets-${uid}`;
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found !== undefined && (found.uid !== uid || !found.isDirectory())) {
    throw new Error(`${folder} is another user's; set XDG_RUNTIME_DIR to a folder of your own`);
  }
  return folder;
}

export function clusterPaths(
  base: { readonly state: string; readonly run: string },
  name: string,
): ClusterPaths {
  const state = join(base.state, name);
  const run = join(base.run, name);
  return {
    state,
    run,
    spec: join(state, "cluster.json"),
    logs: join(state, "logs"),
    pki: join(state, "pki"),
    postgres: join(state, "postgres"),
    controlSocket: join(run, "control.sock"),
    guardSocket: join(run, "guard.sock"),
    processes: join(run, "processes.json"),
    node: (node) => {
      const nodeState = join(state, "nodes", node);
      const nodeRun = join(run, node);
      return {
        state: nodeState,
        run: nodeRun,
        containerdRoot: join(nodeState, "containerd"),
        containerdState: join(nodeRun, "containerd"),
        containerdSocket: join(nodeRun, "containerd.sock"),
        containerdConfig: join(nodeState, "containerd.toml"),
        cniConfig: join(nodeState, "cni"),
        registryConfig: join(nodeState, "registries"),
        kubeletRoot: join(nodeState, "kubelet"),
        hosts: join(nodeState, "hosts"),
        resolvConf: existsSync(RESOLVED_CONF) ? RESOLVED_CONF : undefined,
      };
    },
  };
}
