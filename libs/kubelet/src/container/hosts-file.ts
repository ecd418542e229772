/**
 * The /etc/hosts of a pod.
 *
 * Upstream: pkg/kubelet/kubelet_pods.go managedHostsFileContent, nodeHostsFileContent @1.36
 */
import type { HostAlias } from "@kubets/api/core/v1";

export interface HostsFileInput {
  readonly ips: readonly string[];
  readonly hostname: string;
  readonly domain: string;
  readonly aliases: readonly HostAlias[];
}

export function managedHostsFile(input: HostsFileInput): string {
  const names =
    input.domain === "" ? input.hostname : `${input.hostname}.${input.domain}\t${input.hostname}`;
  return [
    "# Kubernetes-managed hosts file.\n",
    "127.0.0.1\tlocalhost\n",
    "::1\tlocalhost ip6-localhost ip6-loopback\n",
    "fe00::0\tip6-localnet\n",
    "fe00::0\tip6-mcastprefix\n",
    "fe00::1\tip6-allnodes\n",
    "fe00::2\tip6-allrouters\n",
    ...input.ips.map((ip) => `${ip}\t${names}\n`),
    aliasLines(input.aliases),
  ].join("");
}

/** For pods in the node's network: the node's own file and the aliases. */
export function nodeHostsFile(content: string, aliases: readonly HostAlias[]): string {
  return `# Kubernetes-managed hosts file (host network).\n${content}${aliasLines(aliases)}`;
}

function aliasLines(aliases: readonly HostAlias[]): string {
  if (aliases.length === 0) return "";
  const lines = aliases.map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join("\t")}\n`);
  return `\n# Entries added by HostAliases.\n${lines.join("")}`;
}
