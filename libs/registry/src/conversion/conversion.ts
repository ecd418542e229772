import type { KubeObject } from "@kubets/api";

/** Between a served version and the one that is stored. Neither side changes its argument. */
export interface Conversion {
  toStored(object: KubeObject): KubeObject;
  fromStored(object: KubeObject): KubeObject;
  /** The served version has no rules of its own. */
  readonly validatesStored?: boolean;
}
