import { exitCause, type EndedRun, type ExitEvidence } from './exit-cause.js';

const run: EndedRun = {
  containerId: 'c',
  startedAt: 'a moment',
  startedAtMs: 100_000,
  finishedAtMs: 200_000,
  exitCode: 1,
};
const evidence = (over: Partial<ExitEvidence>): ExitEvidence => ({
  recorded: undefined,
  seen: undefined,
  engineStartedAtMs: 50_000,
  isOfFormerEngine: false,
  nowMs: 300_000,
  ...over,
});
const recorded = { ...run, cause: 'interrupted' as const };

describe('the cause of an exit', () => {
  it('is whoever sent a signal that programs survive, where this one did not', () => {
    const seen = { diedAtMs: 200_000, harmless: { signal: 1, atMs: 199_000 } };
    const ended = (exitCode: number): unknown =>
      exitCause({ ...run, exitCode }, evidence({ seen }));
    expect(ended(129)).toEqual({ kind: 'decided', cause: 'taken-down' });
    expect(ended(1)).toEqual({ kind: 'decided', cause: 'itself' });
    expect(ended(138)).toEqual({ kind: 'decided', cause: 'itself' });
  });

  it.each<[string, Partial<ExitEvidence>, string]>([
    ['is what was decided before', { recorded }, 'interrupted'],
    ['is not that of an earlier run', { recorded: { ...recorded, startedAt: 'before' } }, 'itself'],
    ['is the program, when it died unasked', { seen: { diedAtMs: 200_000 } }, 'itself'],
    [
      'is whoever sent the signal',
      { seen: { diedAtMs: 200_000, killedAtMs: 199_000 } },
      'taken-down',
    ],
    [
      'is whoever stopped it, when the signal is a harmless one elsewhere',
      { seen: { diedAtMs: 200_000, stoppedAtMs: 200_010 } },
      'taken-down',
    ],
    [
      'is the signal also when its event comes a little late',
      { seen: { diedAtMs: 200_000, killedAtMs: 200_005 } },
      'taken-down',
    ],
    [
      'is not a signal that it has survived for long',
      { seen: { diedAtMs: 200_000, killedAtMs: 130_000 } },
      'itself',
    ],
    [
      'is not a signal to an earlier run',
      { seen: { diedAtMs: 200_000, killedAtMs: 90_000 } },
      'itself',
    ],
    [
      'is the engine, when that was started after it and no event was seen',
      { engineStartedAtMs: 250_000 },
      'interrupted',
    ],
    ['is the program, when the engine was there all the time', {}, 'itself'],
    [
      'is the program, when its death was seen before the engine was restarted',
      { seen: { diedAtMs: 200_000 }, engineStartedAtMs: 250_000 },
      'itself',
    ],
    [
      'is the engine, when it was over before that was started, whatever the clocks say',
      { isOfFormerEngine: true },
      'interrupted',
    ],
    [
      'is the engine, when the death that was seen is an earlier one',
      { seen: { diedAtMs: 90_000 }, engineStartedAtMs: 250_000 },
      'interrupted',
    ],
  ])('%s', (_what, over, cause) => {
    expect(exitCause(run, evidence(over))).toEqual({ kind: 'decided', cause });
  });

  it('is found although the clock was set back while it ran', () => {
    const setBack = { ...run, startedAtMs: 900_000 };
    const cause = (seen: ExitEvidence['seen']): unknown => exitCause(setBack, evidence({ seen }));
    expect(cause({ diedAtMs: 200_010 })).toEqual({ kind: 'decided', cause: 'itself' });
    const taken = { kind: 'decided', cause: 'taken-down' };
    expect(cause({ diedAtMs: 200_010, killedAtMs: 199_000 })).toEqual(taken);
    expect(cause({ diedAtMs: 200_010, stoppedAtMs: 200_020 })).toEqual(taken);
  });

  it('is open for a moment after the death, because the signal may be told of later', () => {
    const seen = { diedAtMs: 200_000 };
    expect(exitCause(run, evidence({ seen, nowMs: 200_050 }))).toEqual({
      kind: 'undecided',
      untilMs: 200_100,
    });
  });

  it('is open for a moment when no event has come yet', () => {
    expect(exitCause(run, evidence({ nowMs: 200_100 }))).toEqual({
      kind: 'undecided',
      untilMs: 200_500,
    });
  });

  it('is never open for long, even when the clock was set back', () => {
    expect(exitCause(run, evidence({ nowMs: 10_000 }))).toMatchObject({ kind: 'decided' });
  });
});
