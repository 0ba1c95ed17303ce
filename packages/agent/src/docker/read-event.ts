import { constants } from 'node:os';
import { z } from 'zod';
import type { EngineEvent } from './docker-port.js';
import { isOneOff, notInherited, readLabels } from './labels.js';

const eventSchema = z.object({
  Type: z.string().optional(),
  Action: z.string(),
  Actor: z.object({
    ID: z.string(),
    Attributes: z.record(z.string(), z.string()).nullish(),
  }),
  timeNano: z.number(),
});

const NS_PER_MS = 1_000_000;

const { SIGTERM, SIGKILL, SIGINT, SIGQUIT, SIGABRT, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH } =
  constants.signals;
const ENDING: ReadonlySet<number> = new Set([SIGTERM, SIGKILL, SIGINT, SIGQUIT, SIGABRT]);
/** Sent to reload, rotate or resize; some images are stopped by one of them, and then a `stop` event follows. */
const HARMLESS: ReadonlySet<number> = new Set([SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH]);

/** `SIGRTMIN+3` is how systemd images are stopped. */
const isEnding = (signal: number): boolean => ENDING.has(signal) || !HARMLESS.has(signal);

function kindOf(action: string, attributes: Readonly<Record<string, string>>): EngineEvent['kind'] {
  switch (action) {
    case 'create':
    case 'start':
    case 'die':
    case 'stop':
      return action;
    case 'kill':
      return isEnding(Number(attributes['signal'])) ? 'kill' : 'other';
    case 'destroy':
    case 'rename':
      return 'names';
    default:
      return 'other';
  }
}

/** Undefined for what cannot be read: an event is only ever a reason to look. */
export function readEvent(value: unknown): EngineEvent | undefined {
  const parsed = eventSchema.safeParse(value);
  if (!parsed.success) return undefined;
  const { Action, Actor, timeNano } = parsed.data;
  const attributes = Actor.Attributes ?? {};
  const labels = notInherited(attributes, attributes['image']);
  const kind = kindOf(Action, attributes);
  return {
    kind,
    containerId: Actor.ID,
    name: attributes['name'] ?? '',
    isOurs: readLabels(labels) !== undefined,
    ...(Action === 'kill' && kind === 'other'
      ? { harmlessSignal: Number(attributes['signal']) }
      : {}),
    ...(isOneOff(labels) ? { isOneOff: true } : {}),
    atMs: Math.floor(timeNano / NS_PER_MS),
  };
}

const withAction = z.object({ Action: z.string() });

/** Events that only say that somebody looked or ran something inside: no reason to look again. */
export function isNoise(event: unknown): boolean {
  const action = withAction.safeParse(event).data?.Action ?? '';
  return /^(exec_|top|attach|detach|resize|copy|archive-path|export|commit)/.test(action);
}
