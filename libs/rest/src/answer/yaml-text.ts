import type { JsonValue } from "@kubets/api";
import { dump } from "js-yaml";

/** As upstream prints it: keys sorted, nothing folded, no anchors. */
export function yamlText(value: JsonValue): string {
  return dump(value, { sortKeys: true, lineWidth: -1, noRefs: true });
}
