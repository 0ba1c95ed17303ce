import { projectName, serviceName } from './ids.js';
import { instanceSpec } from './instance.js';
import type { ServiceSpec } from '../schema/project.js';
import { dependsOnHost, fillHostTemplates, withSampleValues } from './templates.js';

const web = (container: Partial<ServiceSpec['container']>): ServiceSpec => ({
  name: serviceName('web'),
  replicas: 2,
  container: {
    image: 'busybox',
    environment: {},
    labels: {},
    ports: [],
    expose: [],
    mounts: [],
    extraHosts: [],
    restart: { condition: 'no' },
    stopGracePeriodMs: 10_000,
    ...container,
  },
  dependencies: [],
  aliases: [],
  links: [],
  externalLinks: [],
});
const specOf = (container: Partial<ServiceSpec['container']>): ReturnType<typeof instanceSpec> =>
  instanceSpec({ name: projectName('shop'), services: [web(container)] }, web(container), 2);

it('placeholders of the service and the instance are filled in with the spec, those of the host on the host', () => {
  const spec = specOf({
    hostname: '{{.Service.Name}}-{{ .Task.Slot }}-{{.Node.Hostname}}',
    environment: { NAME: '{{.Task.Name}}', ON: '{{.Node.ID}} {{.Node.Platform.OS}}' },
    mounts: [
      { type: 'volume', name: 'data-{{.Task.Slot}}', target: '/data' },
      { type: 'bind', source: '/srv/{{.Node.Hostname}}', target: '/srv' },
      { type: 'tmpfs', target: '/tmp' },
    ],
  });
  expect(spec.hostname).toBe('web-2-{{.Node.Hostname}}');
  expect(spec.environment).toMatchObject({ NAME: 'shop.web.2' });
  expect(spec.mounts[0]).toMatchObject({ name: 'data-2' });
  const there = fillHostTemplates(spec, {
    host: 'host-a',
    platform: { os: 'linux', architecture: 'x86_64' },
  });
  expect(there).toMatchObject({
    hostname: 'web-2-host-a',
    environment: { ON: 'host-a linux' },
    mounts: [{ name: 'data-2' }, { source: '/srv/host-a' }, { target: '/tmp' }],
  });
});

it('what is no placeholder of nap stays as it is written', () => {
  const environment = { FORMAT: '{{.Name}} {{json .}} {{.constructor}} {{' };
  const spec = specOf({ environment });
  expect(spec.environment).toMatchObject(environment);
  const host = { host: 'host-a', platform: { os: 'linux', architecture: 'x86_64' } };
  expect(fillHostTemplates(spec, host)).toBe(spec);
});

it('a hostname that becomes too long on its host is cut there', () => {
  const host = { host: 'host-a', platform: { os: 'linux', architecture: 'x86_64' } };
  const spec = specOf({ hostname: `${'x'.repeat(60)}-{{.Node.Hostname}}` });
  expect(fillHostTemplates(spec, host).hostname).toBe(`${'x'.repeat(60)}-ho`);
});

it('a hostname that becomes too long is cut like one that nap makes', () => {
  expect(specOf({ hostname: `${'x'.repeat(62)}{{.Task.Name}}` }).hostname).toHaveLength(63);
});

it('tells what differs from host to host, and what a name looks like when it is filled in', () => {
  expect(dependsOnHost('data-{{.Node.Hostname}}')).toBe(true);
  expect(dependsOnHost('data-{{.Task.Slot}}')).toBe(false);
  expect(withSampleValues('{{.Service.Name}}-{{.Nope}}')).toBe('x-{{.Nope}}');
});
