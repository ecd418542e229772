/**
 * What `kubectl explain` prints, in our own words: by full message name, then by JSON field name; the
 * empty name is the type itself.
 */
export const descriptions: Readonly<Record<string, Readonly<Record<string, string>>>> = {};
