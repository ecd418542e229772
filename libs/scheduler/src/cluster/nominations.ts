import type { PodInfo } from "./pod-info.ts";

const NONE: readonly PodInfo[] = [];

/** Which pods wait for room on which nodes. */
export class Nominations {
  readonly #nodeByUid = new Map<string, string>();
  readonly #podsByNode = new Map<string, PodInfo[]>();

  on(nodeName: string): readonly PodInfo[] {
    return this.#podsByNode.get(nodeName) ?? NONE;
  }
  nodeOf(uid: string): string | undefined {
    return this.#nodeByUid.get(uid);
  }
  add(info: PodInfo, nodeName: string): void {
    this.remove(info.uid);
    this.#nodeByUid.set(info.uid, nodeName);
    const pods = this.#podsByNode.get(nodeName);
    if (pods === undefined) this.#podsByNode.set(nodeName, [info]);
    else pods.push(info);
  }
  /** The node that the pod was nominated for, if any. */
  remove(uid: string): string | undefined {
    const nodeName = this.#nodeByUid.get(uid);
    if (nodeName === undefined) return undefined;
    this.#nodeByUid.delete(uid);
    const left = this.on(nodeName).filter((pod) => pod.uid !== uid);
    if (left.length === 0) this.#podsByNode.delete(nodeName);
    else this.#podsByNode.set(nodeName, left);
    return nodeName;
  }
}
