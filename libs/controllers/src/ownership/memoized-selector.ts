import type { KubeObject, LabelSelectorMatcher } from "@kubets/api";

/** A function that reads each object's selector once: objects of an informer never change. */
export function memoizedSelector<O extends KubeObject>(
  read: (object: O) => LabelSelectorMatcher,
): (object: O) => LabelSelectorMatcher {
  const known = new WeakMap<O, LabelSelectorMatcher>();
  return (object) => {
    let selector = known.get(object);
    if (selector === undefined) {
      selector = read(object);
      known.set(object, selector);
    }
    return selector;
  };
}
