import type { Container } from 'dockerode';
import { systemClock } from '@nap/shared/runtime';
import type { ExecOutcome, ExecRequest } from './docker-port.js';
import { demultiplex } from './frames.js';
import { given } from './given.js';

const OUTPUT_BYTES_MAX = 64 * 1024;
const LOOK_EVERY_MS = 20;

/** Until the command ends; the signal ends the waiting only. */
export async function runExec(
  container: Container,
  { command, user, privileged, workingDir, environment }: ExecRequest,
  abortSignal: AbortSignal,
): Promise<ExecOutcome> {
  const exec = await container.exec({
    ...{ Cmd: [...command], AttachStdout: true, AttachStderr: true, abortSignal },
    ...given({
      User: user,
      Privileged: privileged,
      WorkingDir: workingDir,
      Env:
        environment === undefined
          ? undefined
          : Object.entries(environment).map(([key, value]) => `${key}=${value}`),
    }),
  });
  const output = await readSome(await exec.start({ abortSignal }));
  for (;;) {
    const { Running, ExitCode } = await exec.inspect();
    // Its output can end before the engine has noticed its end.
    if (!Running && ExitCode !== null) return { exitCode: ExitCode, output: demultiplex(output) };
    await systemClock.sleep(LOOK_EVERY_MS, abortSignal);
  }
}

/** To the end, for that is when the command is over; what is more than some is dropped. */
async function readSome(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    if (length >= OUTPUT_BYTES_MAX) continue;
    const bytes = Buffer.from(chunk);
    parts.push(bytes);
    length += bytes.length;
  }
  return Buffer.concat(parts);
}
