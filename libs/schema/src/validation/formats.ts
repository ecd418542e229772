/**
 * The forms of names. Each function gives upstream's messages, none when the value is fine.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go,
 * pkg/api/validate/content/kube.go, pkg/api/validation/{generic,path/name}.go @1.36
 */
export type Format = (value: string) => readonly string[];

const FINE: readonly string[] = [];

/** Longer texts match no pattern; running one on megabytes would only use up its stack. */
const PATTERN_LENGTH_MAX = 4_096;

const LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const LABEL_UNDERSCORE = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const SUBDOMAIN_UNDERSCORE = `${LABEL_UNDERSCORE}(\\.${LABEL_UNDERSCORE})*`;
const DNS1035 = "[a-z]([-a-z0-9]*[a-z0-9])?";
const WILDCARD = `\\*\\.${SUBDOMAIN}`;
const KEY_NAME = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const CONFIG_KEY = "[-._a-zA-Z0-9]+";
const PERCENT = "[0-9]+%";
const HEADER = "[-A-Za-z0-9]+";

const whole = (pattern: string): RegExp => new RegExp(`^${pattern}$`);
const LABEL_PATTERN = whole(LABEL);
const SUBDOMAIN_PATTERN = whole(SUBDOMAIN);
const SUBDOMAIN_UNDERSCORE_PATTERN = whole(SUBDOMAIN_UNDERSCORE);
const DNS1035_PATTERN = whole(DNS1035);
const WILDCARD_PATTERN = whole(WILDCARD);
const KEY_NAME_PATTERN = whole(KEY_NAME);
const LABEL_VALUE_PATTERN = whole(`(${KEY_NAME})?`);
const CONFIG_KEY_PATTERN = whole(CONFIG_KEY);
const PERCENT_PATTERN = whole(PERCENT);
const HEADER_PATTERN = whole(HEADER);

const LABEL_MAX = 63;
const SUBDOMAIN_MAX = 253;
const PORT_NAME_MAX = 15;

export function matches(pattern: RegExp, value: string): boolean {
  return value.length <= PATTERN_LENGTH_MAX && pattern.test(value);
}

export function byteLength(text: string): number {
  return Buffer.byteLength(text);
}

export function regexError(message: string, pattern: string, ...examples: string[]): string {
  if (examples.length === 0) return `${message} (regex used for validation is '${pattern}')`;
  const shown = examples.map((example) => `'${example}', `).join(" or ");
  return `${message} (e.g. ${shown}regex used for validation is '${pattern}')`;
}

export function maxLengthError(length: number): string {
  return `must be no more than ${length} characters`;
}

export function rangeError(min: number, max: number): string {
  return `must be between ${min} and ${max}, inclusive`;
}

const LABEL_MESSAGE = regexError(
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  LABEL,
  "my-name",
  "123-abc",
);
const SUBDOMAIN_MESSAGE = regexError(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  SUBDOMAIN,
  "example.com",
);
const SUBDOMAIN_UNDERSCORE_MESSAGE = regexError(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
  SUBDOMAIN_UNDERSCORE,
  "example.com",
);
const DNS1035_MESSAGE = regexError(
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  DNS1035,
  "my-name",
  "abc-123",
);
const WILDCARD_MESSAGE = regexError(
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
  WILDCARD,
  "*.example.com",
);
const KEY_MESSAGE = regexError(
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  KEY_NAME,
  "MyName",
  "my.name",
  "123-abc",
);
const LABEL_VALUE_MESSAGE = regexError(
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  `(${KEY_NAME})?`,
  "MyValue",
  "my_value",
  "12345",
);
const CONFIG_KEY_MESSAGE = regexError(
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  CONFIG_KEY,
  "key.name",
  "KEY_NAME",
  "key-name",
);

function lengthAndPattern(
  value: string,
  max: number,
  pattern: RegExp,
  message: string,
): readonly string[] {
  const fits = byteLength(value) <= max;
  if (fits && matches(pattern, value)) return FINE;
  const messages = fits ? [] : [maxLengthError(max)];
  if (!matches(pattern, value)) messages.push(message);
  return messages;
}

export const dns1123Label: Format = (value) => {
  const messages = lengthAndPattern(value, LABEL_MAX, LABEL_PATTERN, LABEL_MESSAGE);
  if (messages === FINE || !matches(SUBDOMAIN_PATTERN, value) || matches(LABEL_PATTERN, value))
    return messages;
  return [...messages.slice(0, -1), "must not contain dots"];
};

export const dns1123Subdomain: Format = (value) =>
  lengthAndPattern(value, SUBDOMAIN_MAX, SUBDOMAIN_PATTERN, SUBDOMAIN_MESSAGE);

export const dns1123SubdomainUnderscore: Format = (value) =>
  lengthAndPattern(
    value,
    SUBDOMAIN_MAX,
    SUBDOMAIN_UNDERSCORE_PATTERN,
    SUBDOMAIN_UNDERSCORE_MESSAGE,
  );

export const dns1035Label: Format = (value) =>
  lengthAndPattern(value, LABEL_MAX, DNS1035_PATTERN, DNS1035_MESSAGE);

export const wildcardSubdomain: Format = (value) =>
  lengthAndPattern(value, SUBDOMAIN_MAX, WILDCARD_PATTERN, WILDCARD_MESSAGE);

/** A label key, and everything else that is called a qualified name. */
export const qualifiedName: Format = (value) => {
  const slash = value.indexOf("/");
  if (slash < 0) return keyName(value);
  if (value.indexOf("/", slash + 1) >= 0) {
    return [
      `a valid label key ${KEY_MESSAGE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const prefix = value.slice(0, slash);
  const messages = prefix === "" ? ["must be non-empty"] : dns1123Subdomain(prefix);
  const name = keyName(value.slice(slash + 1));
  if (messages.length === 0) return name;
  return [...messages.map((message) => `prefix part ${message}`), ...name];
};

function keyName(name: string): readonly string[] {
  if (name.length <= LABEL_MAX && KEY_NAME_PATTERN.test(name)) return FINE;
  const messages: string[] = [];
  if (name === "") messages.push("name part must be non-empty");
  else if (byteLength(name) > LABEL_MAX)
    messages.push(`name part must be no more than ${LABEL_MAX} bytes`);
  if (!matches(KEY_NAME_PATTERN, name)) messages.push(`name part ${KEY_MESSAGE}`);
  return messages;
}

export const labelValue: Format = (value) => {
  if (value.length <= LABEL_MAX && LABEL_VALUE_PATTERN.test(value)) return FINE;
  const messages: string[] = [];
  if (byteLength(value) > LABEL_MAX) messages.push(`must be no more than ${LABEL_MAX} bytes`);
  if (!matches(LABEL_VALUE_PATTERN, value)) messages.push(LABEL_VALUE_MESSAGE);
  return messages;
};

export const configMapKey: Format = (value) => {
  const messages = lengthAndPattern(value, SUBDOMAIN_MAX, CONFIG_KEY_PATTERN, CONFIG_KEY_MESSAGE);
  if (!value.startsWith(".")) return messages;
  if (value === ".") return [...messages, "must not be '.'"];
  if (value === "..") return [...messages, "must not be '..'"];
  return value.startsWith("..") ? [...messages, "must not start with '..'"] : messages;
};

/** What may be one segment of a URL path; every object name must be at least that. */
export const pathSegment: Format = (value) => {
  if (value === ".") return ["may not be '.'"];
  if (value === "..") return ["may not be '..'"];
  const messages: string[] = [];
  if (value.includes("/")) messages.push("may not contain '/'");
  if (value.includes("%")) messages.push("may not contain '%'");
  return messages;
};

export const portName: Format = (value) => {
  const messages: string[] = [];
  if (value.length > PORT_NAME_MAX) messages.push(maxLengthError(PORT_NAME_MAX));
  if (!matches(/^[-a-z0-9]+$/, value)) {
    messages.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  }
  if (!/[a-z]/.test(value)) messages.push("must contain at least one letter (a-z)");
  if (value.includes("--")) messages.push("must not contain consecutive hyphens");
  if (value.startsWith("-") || value.endsWith("-"))
    messages.push("must not begin or end with a hyphen");
  return messages;
};

export function portNumber(port: number): readonly string[] {
  return port >= 1 && port <= 65_535 ? FINE : [rangeError(1, 65_535)];
}

/** Printable ASCII without "=". */
export const environmentName: Format = (value) => {
  const messages: string[] = [];
  if (value === "") messages.push("environment variable name must be non-empty");
  if (!/^[\x20-\x3c\x3e-\x7e]*$/.test(value)) {
    messages.push(
      "a valid environment variable name must consist only of printable ASCII characters other than '='",
    );
  }
  return messages;
};

export const httpHeaderName: Format = (value) =>
  matches(HEADER_PATTERN, value)
    ? FINE
    : [
        regexError(
          "a valid HTTP header must consist of alphanumeric characters or '-'",
          HEADER,
          "X-Header-Name",
        ),
      ];

export const percentText: Format = (value) =>
  matches(PERCENT_PATTERN, value)
    ? FINE
    : [
        regexError(
          "a valid percent string must be a numeric string followed by an ending '%'",
          PERCENT,
          "1%",
          "93%",
        ),
      ];

const ID_MAX = 2_147_483_647;

export function userOrGroupId(id: number): readonly string[] {
  return id >= 0 && id <= ID_MAX ? FINE : [rangeError(0, ID_MAX)];
}
