/** What a node's container runs, as its preparation has found it out: commands, and what must be known to follow the network. */
export interface NodeCommand {
  readonly program: string;
  readonly args: readonly string[];
}

export interface NodeProgram extends NodeCommand {
  readonly name: string;
}

export interface NodePlan {
  readonly node: string;
  readonly address: string;
  readonly podCidr: string;
  /** The nodes' network spans podCidr: whoever is on it asks for a pod's address there, and its node answers. */
  readonly podsOnLink: boolean;
  /** Of every container of the node. */
  readonly cgroup: string;
  readonly containerd: NodeProgram;
  /** Ends well when containerd answers and holds the image of every sandbox. */
  readonly containerdReady: NodeCommand;
  /** What needs containerd. */
  readonly programs: readonly NodeProgram[];
}
