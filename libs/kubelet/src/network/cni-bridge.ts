/**
 * A network for the node's pods by the standard CNI plugins: a bridge, addresses from the node's pod range,
 * host ports. Traffic that leaves the cluster's pod range goes out with the node's address.
 */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface CniBridgeOptions {
  /** Of the network, the bridge and the file: one for each cluster. */
  readonly name: string;
  readonly bridge: string;
  readonly podCidr: string;
  /** Traffic that leaves the node's own range takes the node's address: right for a node on its own. */
  readonly masquerade: boolean;
  /** Where host-local keeps its books. */
  readonly dataDir: string;
  readonly mtu?: number;
}

export function cniBridgeConfig(options: CniBridgeOptions): string {
  const config = {
    cniVersion: "0.4.0",
    name: options.name,
    plugins: [
      {
        type: "bridge",
        bridge: options.bridge,
        isGateway: true,
        ipMasq: options.masquerade,
        // A pod reaches itself through its Service.
        hairpinMode: true,
        promiscMode: false,
        ...(options.mtu === undefined ? {} : { mtu: options.mtu }),
        ipam: {
          type: "host-local",
          dataDir: options.dataDir,
          ranges: [[{ subnet: options.podCidr }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
      { type: "portmap", capabilities: { portMappings: true }, snat: true },
    ],
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** Runtimes watch the folder and notice a file that is renamed within it. */
export async function writeCniBridge(confDir: string, options: CniBridgeOptions): Promise<void> {
  await mkdir(confDir, { recursive: true });
  const path = join(confDir, `10-${options.name}.conflist`);
  const temporary = join(confDir, `.${options.name}.tmp`);
  await writeFile(temporary, cniBridgeConfig(options), { mode: 0o644 });
  await rename(temporary, path);
}
