import { textAt } from '../node.js';
import type { Merge } from '../merge.js';
import { record, row, type Shape } from '../shape.js';
import { honoured } from '../support.js';
import { keyValues } from './key-values.js';
import { text } from './scalars.js';

const mapping = record('logging', {
  driver: row(text, honoured),
  options: row(keyValues, honoured),
});

/** Options belong to a driver: those of another one are not kept. */
const merge: Merge = {
  says: 'key by key, replaced when the driver differs',
  apply: (base, over) => {
    const [earlier, later] = [textAt(base, 'driver'), textAt(over, 'driver')];
    const isOther = earlier !== undefined && later !== undefined && earlier !== later;
    return isOther ? over : mapping.merge.apply(base, over);
  },
};

/** Canonical: {driver, options}. */
export const logging: Shape = { ...mapping, merge };
