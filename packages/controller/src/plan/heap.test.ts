import fc from 'fast-check';
import { Heap } from './heap.js';

it('gives the least first, also while the first becomes larger', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), fc.array(fc.nat(10)), (values, additions) => {
      const items = values.map((value) => ({ value }));
      const heap = new Heap([...items], (a, b) => a.value < b.value);
      for (const addition of additions) {
        const { first } = heap;
        expect(first?.value).toBe(
          items.length === 0 ? undefined : Math.min(...items.map((it) => it.value)),
        );
        if (first !== undefined) first.value += addition;
        heap.sinkFirst();
      }
      const taken: number[] = [];
      while (heap.first !== undefined) {
        taken.push(heap.first.value);
        heap.removeFirst();
      }
      expect(taken).toEqual(items.map(({ value }) => value).sort((a, b) => a - b));
    }),
  );
});
