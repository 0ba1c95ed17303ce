import fc from 'fast-check';
import { canonicalJson, hashSpec, SpecHasher } from './spec-hash.js';

describe('canonicalJson', () => {
  it('does not depend on the order in which fields were written', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (document) => {
        const reversed = Object.fromEntries(Object.entries(document).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(document));
      }),
    );
  });

  it('is JSON with the same content', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('takes an absent field and an undefined one for the same', () => {
    expect(hashSpec({ image: 'redis', user: undefined })).toBe(hashSpec({ image: 'redis' }));
  });

  it('tells an empty list from an absent one: an empty entrypoint clears the image’s own', () => {
    expect(hashSpec({ entrypoint: [] })).not.toBe(hashSpec({}));
  });

  // A changed value here recreates every container of every user: it needs a new version tag and a migration.
  it('never changes between versions of nap', () => {
    expect(hashSpec({ b: [1, 'x'], a: { d: true, c: null } })).toMatchInlineSnapshot(
      `"v1:49bd9631390b56109ef9a77080d397067fdd5bfde2d9f67de64a11d73af2e3d3"`,
    );
  });
});

it('a hasher of specs that share parts gives the same hashes', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 4 }),
      (shared, owns) => {
        const hasher = new SpecHasher();
        for (const own of owns) {
          const spec = { ...shared, ...own, absent: undefined };
          expect(hasher.hash(spec)).toBe(hashSpec(spec));
        }
      },
    ),
  );
});
