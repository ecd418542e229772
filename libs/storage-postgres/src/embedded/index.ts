export { EmbeddedPostgresError } from "./embedded-error.ts";
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
  stopEmbeddedPostgres,
} from "./start-embedded-postgres.ts";
