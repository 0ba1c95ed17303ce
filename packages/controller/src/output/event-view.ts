import type { Happening } from '../events/nap-events.js';
import { renderValues, type Format } from './format.js';

/** One line; JSON on one line as well, for what comes one by one is no list. */
export function renderEvent(happening: Happening, format: Format): string {
  const { atMs, source, kind, action, host, instance, message } = happening;
  const at = new Date(atMs).toISOString();
  if (format !== 'table') {
    const values = { at, source, kind, action, host, instance, message };
    return renderValues(format === 'json' ? 'jsonl' : format, [values]);
  }
  const about = [instance, host === undefined ? undefined : `on ${host}`].filter(Boolean).join(' ');
  const text = `${at}  ${source.padEnd(6)}  ${kind} ${action}  ${about}`.trimEnd();
  return message === '' ? text : `${text}: ${message}`;
}
