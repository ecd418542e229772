import type { ProtocolTable } from "./fact-tables.ts";

type Message = ProtocolTable["messages"][number];

/** Writes a plain proto3 file (CRI and the like) from its protocol table. */
export function writeProtocolProto(table: ProtocolTable): string {
  const prefix = `${table.package}.`;
  const local = (name: string) => (name.startsWith(prefix) ? name.slice(prefix.length) : name);
  const parentOf = (name: string) => {
    const short = local(name);
    return short.includes(".") ? prefix + short.slice(0, short.lastIndexOf(".")) : undefined;
  };
  const last = (name: string) => name.slice(name.lastIndexOf(".") + 1);

  function writeEnum(row: ProtocolTable["enums"][number], indent: string): string[] {
    return [
      `${indent}enum ${last(row.name)} {`,
      ...row.values.map((value) => `${indent}  ${value.name} = ${value.number};`),
      `${indent}}`,
    ];
  }

  function writeMessage(row: Message, indent: string): string[] {
    const lines = [`${indent}message ${last(row.name)} {`];
    for (const child of table.enums) {
      if (parentOf(child.name) === row.name) lines.push(...writeEnum(child, `${indent}  `));
    }
    for (const child of table.messages) {
      if (parentOf(child.name) === row.name) lines.push(...writeMessage(child, `${indent}  `));
    }
    for (const field of row.fields) {
      const type = local(field.type);
      const head =
        field.label === "map"
          ? `map<${field.keyType}, ${type}>`
          : field.label === "implicit"
            ? type
            : `${field.label} ${type}`;
      const options = [
        ...(field.deprecated ? ["deprecated = true"] : []),
        ...(field.debugRedact ? ["debug_redact = true"] : []),
      ];
      const tail = options.length === 0 ? "" : ` [${options.join(", ")}]`;
      lines.push(`${indent}  ${head} ${field.name} = ${field.number}${tail};`);
    }
    lines.push(`${indent}}`);
    return lines;
  }

  const lines = ['syntax = "proto3";', "", `package ${table.package};`, ""];
  for (const service of table.services) {
    lines.push(`service ${service.name} {`);
    for (const method of service.methods) {
      const request = `${method.clientStreaming ? "stream " : ""}${local(method.request)}`;
      const response = `${method.serverStreaming ? "stream " : ""}${local(method.response)}`;
      lines.push(`  rpc ${method.name}(${request}) returns (${response});`);
    }
    lines.push("}", "");
  }
  for (const row of table.enums) {
    if (parentOf(row.name) === undefined) lines.push(...writeEnum(row, ""), "");
  }
  for (const row of table.messages) {
    if (parentOf(row.name) === undefined) lines.push(...writeMessage(row, ""), "");
  }
  return `${lines.join("\n").trimEnd()}\n`;
}
