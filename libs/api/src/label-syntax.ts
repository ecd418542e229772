/**
 * The syntax of label keys and values, with upstream's words for what is wrong.
 *
 * Upstream: staging/src/k8s.io/apimachinery/pkg/api/validate/content @1.36
 */
const NAME_FORMAT = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const SUBDOMAIN_FORMAT = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const NAME_MESSAGE =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const VALUE_MESSAGE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const SUBDOMAIN_MESSAGE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const NAME_LENGTH_MAX = 63;
const SUBDOMAIN_LENGTH_MAX = 253;

const NAME = new RegExp(`^${NAME_FORMAT}$`);
const VALUE = new RegExp(`^(${NAME_FORMAT})?$`);
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

function formatError(message: string, format: string, ...examples: readonly string[]): string {
  const shown = examples.map((example) => `'${example}', `).join(" or ");
  return `${message} (e.g. ${shown}regex used for validation is '${format}')`;
}

function tooLong(max: number): string {
  return `must be no more than ${max} bytes`;
}

/** Lower case labels joined by dots; empty when it is right. */
export function dns1123SubdomainErrors(value: string): string[] {
  const errors: string[] = [];
  if (value.length > SUBDOMAIN_LENGTH_MAX) errors.push(tooLong(SUBDOMAIN_LENGTH_MAX));
  if (!value.split(".").every((label) => LABEL.test(label))) {
    errors.push(formatError(SUBDOMAIN_MESSAGE, SUBDOMAIN_FORMAT, "example.com"));
  }
  return errors;
}

/** A key such as "app" or "example.com/app"; empty when it is right. */
export function labelKeyErrors(value: string): string[] {
  const errors: string[] = [];
  const parts = value.split("/");
  const [first = "", second] = parts;
  if (parts.length > 2) {
    const format = formatError(NAME_MESSAGE, NAME_FORMAT, "MyName", "my.name", "123-abc");
    return [
      `a valid label key ${format} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  if (second !== undefined) {
    if (first === "") errors.push("prefix part must be non-empty");
    else errors.push(...dns1123SubdomainErrors(first).map((error) => `prefix part ${error}`));
  }
  const name = second ?? first;
  if (name === "") errors.push("name part must be non-empty");
  else if (name.length > NAME_LENGTH_MAX) errors.push(`name part ${tooLong(NAME_LENGTH_MAX)}`);
  if (!NAME.test(name)) {
    const format = formatError(NAME_MESSAGE, NAME_FORMAT, "MyName", "my.name", "123-abc");
    errors.push(`name part ${format}`);
  }
  return errors;
}

/** Empty when it is right. */
export function labelValueErrors(value: string): string[] {
  const errors: string[] = [];
  if (value.length > NAME_LENGTH_MAX) errors.push(tooLong(NAME_LENGTH_MAX));
  if (!VALUE.test(value)) {
    errors.push(formatError(VALUE_MESSAGE, `(${NAME_FORMAT})?`, "MyValue", "my_value", "12345"));
  }
  return errors;
}
