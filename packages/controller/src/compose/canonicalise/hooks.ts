import { appended } from '../merge.js';
import { child, itemsOf } from '../node.js';
import { listOf, record, rejected, row, type Shape } from '../shape.js';
import { honoured } from '../support.js';
import { directoryInside } from './engine-words.js';
import { environment } from './key-values.js';
import { bool, text } from './scalars.js';
import { command } from './words.js';

const mapping = record('hook', {
  command: row(command, honoured),
  user: row(text, honoured),
  privileged: row(bool, honoured),
  working_dir: row(directoryInside, honoured),
  environment: row(environment, honoured),
});

const hook: Shape = {
  ...mapping,
  read: (node, path, context) => {
    const read = mapping.read(node, path, context);
    if (read.kind !== 'map' || child(read, 'command')?.kind === 'broken') return read;
    if (itemsOf(child(read, 'command')).length > 0) return read;
    return rejected(node, path, context, 'a hook has no command', 'add command: [PROGRAM, …]');
  },
};

/** Canonical: a list of {command, user, privileged, working_dir, environment}. */
export const hooks: Shape = listOf('list of hooks', hook, appended);
