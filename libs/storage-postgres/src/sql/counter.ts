export const counterSql = `SELECT revision, compacted_revision, epoch FROM counter WHERE id = 1`;
