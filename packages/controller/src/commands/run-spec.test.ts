import { instanceSpec } from '@nap/shared';
import { containerOf, project, service } from '../testing/builders.js';
import { changedSpec, type SpecChanges } from './run-spec.js';

const web = service('web', {
  container: containerOf({ command: ['serve'], entrypoint: ['/init'], environment: { A: '1' } }),
});
const SPEC = instanceSpec(project(web), web, 1);
const NOTHING: SpecChanges = {
  ...{ command: [], env: [], labels: [], volumes: [], own: { TERM: 'xterm', TOKEN: 'mine' } },
  ...{ user: undefined, workdir: undefined, entrypoint: undefined },
  ...{ isTerminal: false, hasInput: true },
};
const changed = (over: Partial<SpecChanges>): ReturnType<typeof changedSpec> =>
  changedSpec(SPEC, { ...NOTHING, ...over });

it('leaves the program of the service as it is, or gives it other words', () => {
  expect(changed({})).toMatchObject({ entrypoint: ['/init'], command: ['serve'], tty: false });
  expect(changed({ command: ['migrate', '-v'] })).toMatchObject({
    ...{ entrypoint: ['/init'], command: ['migrate', '-v'] },
  });
});

it('another entrypoint has no use for the words of the first', () => {
  expect(changed({ entrypoint: 'sh -c' }).command).toBeUndefined();
  expect(changed({ entrypoint: 'sh -c', command: ['ls'] })).toMatchObject({
    ...{ entrypoint: ['sh', '-c'], command: ['ls'] },
  });
});

it('a variable is what is given, or the own value of who calls', () => {
  expect(changed({ env: ['A=2', 'TOKEN'] }).environment).toMatchObject({ A: '2', TOKEN: 'mine' });
  expect(changed({ isTerminal: true }).environment).toMatchObject({ TERM: 'xterm' });
});

it('mounts a directory of the host, and says what is none', () => {
  expect(changed({ volumes: ['/srv:/data:ro'] }).mounts).toEqual([
    { type: 'bind', source: '/srv', target: '/data', readOnly: true },
  ]);
  expect(() => changed({ volumes: ['data:/data'] })).toThrow('is no HOST-PATH:PATH');
});
