/**
 * Sets a key whose name came from outside. An assignment to `__proto__` would change the prototype of the
 * object instead of giving it a key.
 */
export function setOwnKey<V>(object: { [key: string]: V }, key: string, value: V): void {
  if (key === "__proto__") {
    Object.defineProperty(object, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  } else {
    object[key] = value;
  }
}
