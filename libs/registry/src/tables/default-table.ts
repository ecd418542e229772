import type { TableColumn, TableConvertor } from "../store.ts";

/** For kinds without columns of their own. Upstream: registry/rest/table.go defaultTableConvertor @1.36 */
const columns: readonly TableColumn[] = [
  {
    name: "Name",
    type: "string",
    format: "name",
    description:
      "Name must be unique within a namespace. It identifies the object and is chosen by whoever creates it.",
    priority: 0,
  },
  {
    name: "Created At",
    type: "date",
    format: "",
    description: "When the server created the object, in UTC.",
    priority: 0,
  },
];

export const defaultTable: TableConvertor = {
  columns,
  cells: ({ metadata }) => [metadata.name ?? "", metadata.creationTimestamp ?? ""],
};
