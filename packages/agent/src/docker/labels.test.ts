import { LABEL, notInherited, readInstance, UNSET } from './labels.js';

const labels = { [LABEL.image]: 'box:1', [LABEL.instance]: 'shop.web.1' };

describe('the labels of a container', () => {
  it('are its own where it was made of the image that they say, or nobody knows of which', () => {
    expect(notInherited(labels, 'box:1')).toBe(labels);
    expect(notInherited(labels, undefined)).toBe(labels);
  });

  it('are none where it was made of an image that has them from a container', () => {
    expect(notInherited(labels, 'box:1-debug')).toEqual({});
  });

  it('are its own where an older nap made it, which did not write the image', () => {
    const { [LABEL.image]: _image, ...older } = labels;
    expect(notInherited(older, 'box:1')).toBe(older);
  });

  it.each([
    [{ ...UNSET, [LABEL.instance]: 'shop.web.1' }, 'shop.web.1'],
    [{ ...UNSET, [LABEL.oneOff]: 'shop.web-run-x.1' }, 'shop.web-run-x.1'],
    [UNSET, undefined],
    [{}, undefined],
  ])('say whose it is, set or empty', (given, instance) => {
    expect(readInstance(given)).toBe(instance);
  });
});
