import { Writable } from 'node:stream';
import { createLog } from './log.js';

let lines: Record<string, unknown>[] = [];
let to: Writable;

beforeEach(() => {
  lines = [];
  to = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
});

it('writes a JSON object a line, with its own fields and those of whoever it is a child of', () => {
  const log = createLog({ to, level: 'info', fields: { host: 'host-a' } });
  log.child({ loop: 'names' }).child({ pass: 3 }).info('pass done', { durationMs: 7 });
  log.warn('dockerd is silent');
  const { timestamp, ...first } = lines[0] ?? {};
  expect(first).toEqual({
    ...{ level: 'info', message: 'pass done', host: 'host-a', loop: 'names' },
    ...{ pass: 3, durationMs: 7 },
  });
  expect(Date.parse(String(timestamp))).not.toBeNaN();
  expect(lines[1]).toMatchObject({ level: 'warn', message: 'dockerd is silent', host: 'host-a' });
  expect(lines[1]).not.toHaveProperty('loop');
});

it.each([
  ['error', ['error']],
  ['info', ['error', 'warn', 'info']],
  ['debug', ['error', 'warn', 'info', 'debug']],
] as const)('of level %s writes what is as grave or graver', (level, written) => {
  const log = createLog({ to, level });
  const child = log.child({ loop: 'names' });
  for (const it of ['error', 'warn', 'info', 'debug'] as const) {
    log[it]('said');
    child[it]('said');
  }
  expect([...new Set(lines.map((line) => line['level']))]).toEqual(written);
  expect(lines).toHaveLength(2 * written.length);
});

it('tells the code, the message and the causes of an error', () => {
  const err = Object.assign(new Error('cannot pull', { cause: new Error('no route') }), {
    ...{ name: 'NapError', code: 'REGISTRY_UNREACHABLE' },
  });
  createLog({ to, level: 'info' }).error('step failed', { err });
  expect(lines[0]?.['err']).toMatchObject({
    ...{ code: 'REGISTRY_UNREACHABLE', message: 'cannot pull' },
    cause: { message: 'no route' },
  });
});
