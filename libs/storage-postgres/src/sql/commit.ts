/** Commits a batch; the function stands in prisma/migrations, where its rows are described. */
export const commitSql = `
SELECT kind, item, revision, previous_revision, type, api_group, resource, namespace, name, uid, bytes
FROM kubets_commit($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`;

/** The same for one write without a fence. */
export const commitOneSql = `
SELECT kind, item, revision, previous_revision, type, api_group, resource, namespace, name, uid, bytes
FROM kubets_commit_one($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`;
