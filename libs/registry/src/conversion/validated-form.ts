import type { KubeObject } from "@kubets/api";
import type { Conversion } from "./conversion.ts";

/** What validation looks at: upstream has one type for all versions of a kind, which its errors speak of. */
export function validatedForm(
  { conversion }: { readonly conversion: Conversion | undefined },
  object: KubeObject,
): KubeObject {
  return conversion?.validatesStored === true ? conversion.toStored(object) : object;
}
