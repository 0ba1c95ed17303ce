import { NapError } from '@nap/shared';
import { dockerLogins, type FoundLogin, type HelperAnswer } from './registry-logins.js';

const HUB = 'https://index.docker.io/v1/';
const basic = (text: string): { auth: string } => ({ auth: Buffer.from(text).toString('base64') });

function loginFor(
  image: string,
  config: unknown,
  helpers: Readonly<Record<string, HelperAnswer | undefined>> = {},
): Promise<FoundLogin> {
  const logins = dockerLogins({
    readConfig: () => Promise.resolve(typeof config === 'string' ? config : JSON.stringify(config)),
    askHelper: (helper, server) =>
      Object.hasOwn(helpers, `${helper} ${server}`)
        ? Promise.resolve(helpers[`${helper} ${server}`])
        : Promise.reject(new NapError('REGISTRY_UNREACHABLE', `${helper} failed`)),
  });
  return logins.for(image);
}

describe('the login to a registry', () => {
  it.each([
    ['nothing', {}],
    ['an empty file', ''],
    ['a login elsewhere', { auths: { 'b.example': basic('user:word') } }],
    ['a login that is kept elsewhere', { auths: { 'a.example': {} } }],
  ])('is not found in %s', async (_what, config) => {
    expect(await loginFor('a.example/web', config)).toEqual({});
  });

  it.each([
    ['a.example:5000/web', 'a.example:5000', 'a.example:5000'],
    ['a.example/web', 'a.example', 'https://a.example/v2/'],
    ['web', HUB, HUB],
    ['library/web:1', HUB, 'docker.io'],
  ])('of %s is that of %s, written as %s', async (image, server, key) => {
    const config = { auths: { [key]: basic('user:wo:rd') } };
    expect(await loginFor(image, config)).toEqual({
      login: { server, username: 'user', password: 'wo:rd' },
    });
  });

  it('may be a token', async () => {
    const config = { auths: { 'a.example': { ...basic('user:'), identitytoken: 'tok' } } };
    expect(await loginFor('a.example/web', config)).toEqual({
      login: { server: 'a.example', token: 'tok' },
    });
  });

  it('is asked of the helper of the registry, then of that for all', async () => {
    const config = { credsStore: 'all', credHelpers: { 'a.example': 'one' } };
    const helpers = {
      'one a.example': { username: 'user', secret: 'word' },
      'all b.example': { username: '<token>', secret: 'tok' },
      [`all ${HUB}`]: undefined,
    };
    expect(await loginFor('a.example/web', config, helpers)).toEqual({
      login: { server: 'a.example', username: 'user', password: 'word' },
    });
    expect(await loginFor('b.example/web', config, helpers)).toEqual({
      login: { server: 'b.example', token: 'tok' },
    });
    expect(await loginFor('web', config, helpers)).toEqual({});
  });

  it('that cannot be found out is told, without what the configuration holds', async () => {
    expect(await loginFor('a.example/web', { credsStore: 'broken' })).toEqual({
      problem: 'broken failed',
    });
    const { problem = '' } = await loginFor('a.example/web', '{"auths": sesame');
    expect(problem).toContain('cannot be read');
    expect(problem).not.toContain('sesame');
  });
});
