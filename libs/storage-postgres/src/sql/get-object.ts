export const getObjectSql = `
SELECT uid, revision, bytes FROM objects
WHERE api_group = $1 AND resource = $2 AND namespace = $3 AND name = $4`;
