import { isPlatform } from './platform.js';

const image = (architecture: string, variant = '') => ({ os: 'linux', architecture, variant });

describe('a platform', () => {
  it.each([
    ['linux/amd64', image('amd64'), true],
    ['linux/x86_64', image('amd64'), true],
    ['Linux/AMD64', image('amd64'), true],
    ['linux/arm64', image('arm64', 'v8'), true],
    ['linux/arm64/v8', image('arm64'), true],
    ['linux/arm/v7', image('arm'), true],
    ['linux/arm/v6', image('arm', 'v7'), false],
    ['linux/arm64', image('amd64'), false],
    ['windows/amd64', image('amd64'), false],
  ])('%s fits an image of %j: %s', (wanted, have, is) => {
    expect(isPlatform(wanted, have)).toBe(is);
  });
});
