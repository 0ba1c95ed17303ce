import fc from 'fast-check';
import { hashSpec, NapError } from '@nap/shared';
import { createRequest } from './docker/create-request.js';
import { aPlacement, aSpec, CLUSTER, HOST } from './testing/builders.js';
import { Stage } from './testing/stage.js';

const INSTANCES = ['shop.web.1', 'shop.web.2', 'shop.db.1', 'shop.job.1'] as const;

interface Leftover {
  readonly instance: string;
  readonly version: string;
  readonly cluster: string;
  readonly isStarted: boolean;
}

const leftover: fc.Arbitrary<Leftover> = fc.record({
  instance: fc.constantFrom(...INSTANCES),
  version: fc.constantFrom('1', '2'),
  cluster: fc.constantFrom(CLUSTER, CLUSTER, '00000000-0000-4000-8000-0000000000ff'),
  isStarted: fc.boolean(),
});

const placed = (instance: string, version: string) => {
  const containerName = instance.replaceAll('.', '-');
  const spec = aSpec({ containerName, environment: { V: version } });
  return aPlacement(instance, { spec, specHash: hashSpec(spec) });
};

async function leaveBehind(stage: Stage, it: Leftover, at: number): Promise<void> {
  const placement = placed(it.instance, it.version);
  const proper = placement.spec.containerName;
  const name = stage.docker.names.includes(proper) ? `${proper}.left-${at}` : proper;
  const id = await stage.docker.create(
    createRequest({
      ...{ name, placement },
      cluster: it.cluster,
      host: HOST,
      network: 'bridge',
      inherited: [],
      partners: new Map(),
      filePath: () => '/nowhere',
      seeds: [],
      apiVersion: '1.41',
    }),
  );
  if (it.isStarted) await stage.docker.start(id);
}

const FAILURES = ['inspect', 'list', 'create', 'start', 'stop', 'remove', 'rename'] as const;
const failure = fc.record({
  call: fc.constantFrom(...FAILURES),
  code: fc.constantFrom('DOCKER_UNAVAILABLE' as const, 'DOCKER_REFUSED' as const),
});

describe('an agent, whatever it finds on its host and whatever fails on the way', () => {
  it('comes to run exactly what is placed, under its proper name, and leaves the rest alone', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(leftover, { maxLength: 5 }),
        fc.uniqueArray(fc.constantFrom(...INSTANCES), { maxLength: 4 }),
        fc.array(failure, { maxLength: 4 }),
        fc.boolean(),
        async (leftovers, wanted, failures, dies) => {
          const stage = new Stage();
          stage.docker.addForeign('somebody-elses');
          for (const [at, it] of leftovers.entries()) await leaveBehind(stage, it, at);
          for (const { call, code } of failures) {
            stage.docker.failNext(call, new NapError(code, 'a fault of the test'));
          }
          await stage.start();
          await stage.place(...wanted.map((instance) => placed(instance, '2')));
          if (dies) {
            await stage.kill();
            await stage.start();
          }
          await stage.pass(400_000);
          const expected = [
            'somebody-elses',
            ...wanted.map((instance) => placed(instance, '2').spec.containerName),
          ];
          const strangers = leftovers.filter(
            (it) => it.cluster !== CLUSTER && !wanted.some((instance) => instance === it.instance),
          );
          expect(stage.docker.names).toHaveLength(expected.length + strangers.length);
          expect(stage.docker.names).toEqual(expect.arrayContaining(expected));
          for (const instance of wanted) {
            expect(stage.docker.running).toContain(placed(instance, '2').spec.containerName);
            expect((await stage.report(instance))?.status.state).toBe('running');
            expect(await stage.name(instance)).toMatchObject({ condition: 'ready' });
          }
          await stage.stop();
          expect(stage.fatal).toEqual([]);
        },
      ),
      { numRuns: 40 },
    );
  }, 60_000);
});
