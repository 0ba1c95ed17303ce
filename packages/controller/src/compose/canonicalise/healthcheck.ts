import { replacedByNull } from '../merge.js';
import { listNode, scalarNode, textsOf, type Node } from '../node.js';
import { listOf, record, rejected, type Shape } from '../shape.js';
import { duration } from './durations.js';
import { bool, count, text } from './scalars.js';
import { honoured } from '../support.js';

const KINDS = ['NONE', 'CMD', 'CMD-SHELL'];
const testList = listOf('list of strings', text, replacedByNull);

const test: Shape = {
  kind: 'string or list',
  merge: replacedByNull,
  nullable: true,
  read: (node, path, context): Node => {
    if (node.kind === 'scalar' && typeof node.value === 'string') {
      const words = ['CMD-SHELL', node.value].map((word) => scalarNode(word, node.place));
      return listNode(words, node.place);
    }
    const read = testList.read(node, path, context);
    const [kind, command] = textsOf(read);
    // The engine of 20.10 ends of it.
    if ((kind === 'CMD' || kind === 'CMD-SHELL') && command === undefined) {
      return rejected(node, path, context, `${kind} needs a command`, `[${kind}, COMMAND]`);
    }
    if (kind === undefined || KINDS.includes(kind)) return read;
    return rejected(
      node,
      path,
      context,
      `a test starts with one of ${KINDS.join(', ')}, not with "${kind}"`,
      'put "CMD" first, or write the test as one string for a shell',
    );
  },
};

export const healthcheck: Shape = record('healthcheck', {
  test: { shape: test, support: honoured },
  interval: { shape: duration, support: honoured },
  timeout: { shape: duration, support: honoured },
  start_period: { shape: duration, support: honoured },
  start_interval: { shape: duration, support: honoured },
  retries: { shape: count, support: honoured },
  disable: { shape: bool, support: honoured },
});
