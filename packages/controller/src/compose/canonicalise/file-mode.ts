import { mustBe, type Shape } from '../shape.js';
import { count } from './scalars.js';

const BITS_MAX = 0o7777;

/** Mode bits: a number, or a string of octal digits. Canonical: the number. */
export const fileMode: Shape = {
  ...count,
  kind: 'file mode',
  read: (node, path, context) => {
    const written = node.kind === 'scalar' ? node.value : undefined;
    const bits = typeof written === 'string' ? Number(`0o${written}`) : written;
    const isMode = typeof bits === 'number' && Number.isInteger(bits) && bits >= 0;
    if (!isMode || bits > BITS_MAX || written === '') {
      return mustBe('a file mode such as "0440"', node, path, context);
    }
    return { ...node, kind: 'scalar', value: bits };
  },
};

/** As Compose prints the modes of configs and secrets: `"0440"`. */
export const octalFileMode: Shape = {
  ...fileMode,
  read: (node, path, context) => {
    const bits = fileMode.read(node, path, context);
    if (bits.kind !== 'scalar') return bits;
    return { ...bits, value: Number(bits.value).toString(8).padStart(4, '0') };
  },
};
