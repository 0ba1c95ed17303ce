import { isNapError } from '../errors/nap-error.js';
import { hostPolicyCodec } from './codec.js';

const decode = (text: string): unknown => hostPolicyCodec.decode(text, 'hosts/host-a/policy');

function failure(text: string): string {
  try {
    decode(text);
  } catch (err) {
    if (isNapError(err, 'BAD_VALUE')) return err.message;
    throw err;
  }
  throw new Error('expected BAD_VALUE');
}

it('a value comes back as it was written', () => {
  const policy = { availability: 'draining', labels: { zone: 'a' } } as const;
  expect(decode(hostPolicyCodec.encode(policy))).toEqual(policy);
});

it('the hundredth and later values are read as the first was, compiled or not', () => {
  const policy = hostPolicyCodec.encode({ availability: 'paused', labels: { zone: 'b' } });
  const first = decode(policy);
  for (let at = 0; at < 110; at += 1) expect(decode(policy)).toEqual(first);
  expect(failure('{"v":1,"availability":"asleep","labels":{}}')).toContain('hosts/host-a/policy');
});

it('a value of a newer nap is refused and says so', () => {
  expect(failure('{"v":2,"availability":"active","labels":{}}')).toMatch(/version 2.*up to 1/);
});

it.each([
  '',
  'not json',
  'null',
  '[]',
  '{}',
  '{"v":1}',
  '{"v":1,"availability":"asleep","labels":{}}',
  '{"availability":"active","labels":{}}',
  '{"v":"1","availability":"active","labels":{}}',
  '{"v":1.5,"availability":"active","labels":{}}',
  '{"v":null,"availability":"active","labels":{}}',
])('a value that is none names its key: %s', (text) => {
  expect(failure(text)).toContain('hosts/host-a/policy');
});
