import type { History, LogRecord, WatchRecord } from "../history/history.ts";
import type { Check } from "./check.ts";
import { firstIndex, type LogIndex } from "./log-index.ts";

/**
 * From its start to the last revision it told, a watch shows all that it selects, as it was, and nothing else.
 * What enters a selection is ADDED, what leaves it is DELETED.
 */
export const watchesAreComplete: Check = function* (history, index) {
  for (const watch of history.watches) yield* checkWatch(watch, history, index);
};

function* checkWatch(watch: WatchRecord, history: History, index: LogIndex): Iterable<string> {
  const { name, after, events } = watch;
  let last = after;
  for (const { revision } of events) if (revision > last) last = revision;
  const shown = new Map(
    events.flatMap((event) => (event.type === "BOOKMARK" ? [] : [[event.revision, event]])),
  );
  for (
    let i = firstIndex(history.log, (record) => record.revision > after);
    i < history.log.length;
    i++
  ) {
    const record = history.log[i];
    if (record === undefined || record.revision > last) break;
    const type = expectedType(record, watch, index);
    const event = shown.get(record.revision);
    shown.delete(record.revision);
    if (type === undefined) {
      if (event !== undefined) yield `${name} shows ${record.revision}, which it does not select`;
    } else if (event === undefined) {
      yield `${name} lacks revision ${record.revision} (${type} ${record.key})`;
    } else if (event.type !== type || event.key !== record.key) {
      yield `${name} shows ${record.revision} as ${event.type} ${event.key}, not ${type} ${record.key}`;
    } else if (type !== "DELETED" && event.content !== record.content) {
      yield `${name} shows ${record.key} at ${record.revision} as ${event.content}, not ${record.content}`;
    }
  }
  for (const revision of shown.keys()) {
    if (revision > history.logAfter)
      yield `${name} shows revision ${revision}, which was never made`;
  }
}

function expectedType(record: LogRecord, watch: WatchRecord, index: LogIndex): string | undefined {
  if (!record.key.startsWith(watch.scope)) return undefined;
  const { selects = () => true } = watch;
  const before =
    record.previousRevision === undefined
      ? undefined
      : index.byRevision.get(record.previousRevision);
  // What came before the known log is taken as selected: such a watch starts behind it.
  const was = record.type !== "create" && (before === undefined || selects(before.content));
  const is = record.type !== "delete" && selects(record.content);
  if (was && is) return "MODIFIED";
  if (is) return "ADDED";
  return was ? "DELETED" : undefined;
}
