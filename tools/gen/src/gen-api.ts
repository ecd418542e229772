/** Generates libs/api/src/gen: types, schema tables and wire tables of the Kubernetes API. */
import { join } from "node:path";
import { apiTypes } from "./api-types.ts";
import { buildDescriptors, readModel, repository } from "./model.ts";
import { schemaTables } from "./schema-tables.ts";
import { writeGenerated } from "./write-generated.ts";

const model = readModel(buildDescriptors(["k8s"]));
const files = new Map<string, string>();
for (const [name, text] of apiTypes(model)) files.set(`types/${name}`, text);
files.set("packed-schemas.ts", schemaTables(model));
writeGenerated(join(repository, "libs/api/src/gen"), files);
