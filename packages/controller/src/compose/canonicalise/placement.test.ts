import { problemsOf, serviceOf } from '../testing/load-texts.js';
import { parseConstraint } from './placement.js';

const placement = (yaml: string): string => `deploy: {placement: {${yaml}}}`;

it.each([
  ['node.labels.disk == ssd', 'node.labels.disk', '==', 'ssd'],
  ['node.labels.Disk==SSD', 'node.labels.Disk', '==', 'SSD'],
  ['NODE.Labels.disk != a b', 'node.labels.disk', '!=', 'a b'],
  ['engine.labels.com.example.gpu == 1', 'engine.labels.com.example.gpu', '==', '1'],
  ['Node.Hostname!=host-a', 'node.hostname', '!=', 'host-a'],
  ['node.id == host-a', 'node.id', '==', 'host-a'],
  ['node.ip == 10.0.0.0/24', 'node.ip', '==', '10.0.0.0/24'],
  ['node.ip != 10.0.0.7', 'node.ip', '!=', '10.0.0.7'],
  ['node.platform.os == linux', 'node.platform.os', '==', 'linux'],
  ['node.platform.arch == x86_64', 'node.platform.arch', '==', 'x86_64'],
  ['node.role == worker', 'node.role', '==', 'worker'],
  ['node.role != manager', 'node.role', '!=', 'manager'],
])('%s is a constraint', (text, key, operator, value) => {
  expect(parseConstraint(text)).toEqual({ constraint: { key, operator, value } });
});

it.each([
  ['node.labels.disk', 'is not a constraint', 'KEY == VALUE'],
  ['node.labels.disk = ssd', 'is not a constraint', 'KEY == VALUE'],
  ['node.labels.disk > 5', 'is not a constraint', 'KEY == VALUE'],
  ['node.labels.disk ==', 'is not a constraint', 'KEY == VALUE'],
  ['== ssd', 'is not a constraint', 'KEY == VALUE'],
  ['node.labels. == ssd', 'no host knows "node.labels."', 'node.labels.LABEL'],
  [
    'node.lables.disk == ssd',
    'no host knows "node.lables.disk"',
    'did you mean "node.labels.LABEL"?',
  ],
  ['node.hostnam == a', 'no host knows "node.hostnam"', 'did you mean "node.hostname"?'],
  ['disk == ssd', 'no host knows "disk"', 'there are: node.id'],
  ['node.ip == 10.0.0.0/33', 'neither an address nor a subnet', '10.0.0.0/24'],
  ['node.ip == host-a', 'neither an address nor a subnet', '10.0.0.0/24'],
])('%s is refused with its place', async (text, message, hint) => {
  const problems = await problemsOf(placement(`constraints: ["${text}"]`));
  expect(problems).toMatch(
    /^compose\.yml:4:\d+ {2}error {2}services\.web\.deploy\.placement\.constraints\[0\]/,
  );
  expect(problems).toContain(message);
  expect(problems).toContain(hint);
});

it.each(['node.role == manager', 'node.role != worker'])(
  '%s is ignored with a warning',
  async (text) => {
    const { scheduling } = await serviceOf(placement(`constraints: ["${text}"]`));
    expect(scheduling).toBeUndefined();
    expect(await problemsOf(placement(`constraints: ["${text}"]`))).toMatch(
      /warning .*constraints\[0\]: ignored: nap has no managers/,
    );
  },
);

it('preferences name what to spread over', async () => {
  const { scheduling } = await serviceOf(
    placement('preferences: [{spread: node.labels.zone}, {spread: Node.Labels.rack}]'),
  );
  expect(scheduling).toEqual({ spreadOver: ['node.labels.zone', 'node.labels.rack'] });
  expect(await problemsOf(placement('preferences: [{spread: zone}]'))).toContain(
    'no host knows "zone"',
  );
  expect(await problemsOf(placement('preferences: [{spraed: node.labels.a}]'))).toContain(
    'did you mean "spread"?',
  );
});
