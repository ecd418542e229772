import type { ClusterView } from "../cluster/cluster-view.ts";
import { MAX_NODE_SCORE, type Plugin } from "../framework/plugin.ts";
import { SKIP } from "../framework/status.ts";

const NAME = "ImageLocality";
const MB = 1024 * 1024;
const LEAST_BYTES = 23 * MB;
const MOST_BYTES_PER_CONTAINER = 1000 * MB;

/**
 * Nodes that have the pod's images are better, by size; images that few nodes have count less, so that
 * one node does not draw all pods.
 *
 * Upstream: pkg/scheduler/framework/plugins/imagelocality/image_locality.go @1.36
 */
export const imageLocality: Plugin = {
  name: NAME,
  isNodeLocal: true,
  preScore(state, pod, cluster) {
    if (!pod.images.some((image) => cluster.imageNodes(image) > 0)) return SKIP;
    state.write(NAME, cluster);
    return undefined;
  },
  score(state, pod, node) {
    const cluster = state.read<ClusterView>(NAME);
    const total = cluster?.nodes.length ?? 0;
    let bytes = 0;
    for (const image of pod.images) {
      const size = node.images.get(image);
      if (size !== undefined)
        bytes += Math.trunc((size * (cluster?.imageNodes(image) ?? 0)) / total);
    }
    const most = MOST_BYTES_PER_CONTAINER * pod.images.length;
    const counted = Math.min(Math.max(bytes, LEAST_BYTES), most);
    return Math.trunc((MAX_NODE_SCORE * (counted - LEAST_BYTES)) / (most - LEAST_BYTES));
  },
};
