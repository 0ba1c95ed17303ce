import { FRAME } from '@nap/shared';
import fc from 'fast-check';
import { FrameReader, type LogLine } from './frame-reader.js';
import { parseTimeFlag } from './time-flag.js';

const TIME = '2026-01-31T08:00:00.000000001Z';
const LATER = '2026-01-31T08:00:00.000000002Z';

function frame(kind: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  const header = Buffer.from([kind, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

const shown = (lines: readonly LogLine[]): readonly string[] =>
  lines.map(({ time, text }) => `${time.slice(-3)}${text.toString()}`);

const STREAM = Buffer.concat([
  frame(FRAME.stdout, `${TIME} one\n`),
  frame(FRAME.stdout, `${TIME} a long`),
  frame(FRAME.stderr, `${LATER} between\n`),
  frame(FRAME.stdout, `${LATER} er line\n`),
  frame(FRAME.stdout, `${TIME} of a terminal\r\n${LATER} \n`),
  frame(FRAME.stdout, `${LATER} no end`),
  frame(FRAME.error, '{"code":"X"}'),
]);
const LINES = [
  '01Zone\n',
  '02Zbetween\n',
  '01Za longer line\n',
  '01Zof a terminal\r\n',
  '02Z\n',
  '02Zno end\n',
];

it('reads the same lines in whatever pieces the log comes', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 })), (sizes) => {
      const reader = new FrameReader();
      const lines: LogLine[] = [];
      let at = 0;
      for (const size of sizes) {
        lines.push(...reader.read(STREAM.subarray(at, at + size)));
        at += size;
      }
      lines.push(...reader.read(STREAM.subarray(at)), ...reader.end());
      expect(shown(lines)).toEqual(LINES);
      expect(reader.error).toBe('{"code":"X"}');
    }),
  );
});

it.each([
  ['10m', '1000.000'],
  ['1h30m', '-3800.000'],
  ['500ms', '1599.500'],
  ['1234.000000001', '1234.000000001'],
  ['1970-01-01T00:00:07Z', '7.000'],
])('--since %s is %s', (text, seconds) => {
  expect(parseTimeFlag('since', text, 1_600_000)).toBe(seconds);
});

it.each(['', 'yesterday', '10', '10x', '-5m'].filter((text) => text !== '10'))(
  '--since %j is no time',
  (text) => {
    expect(() => parseTimeFlag('since', text, 0)).toThrow('is no time');
  },
);
