import type { ContainerSpec } from '@nap/shared';
import { attributeCases, PARTNER, valueAt } from '../testing/attribute-cases.js';
import { aPlacement, CLUSTER, HOST, PLATFORM } from '../testing/builders.js';
import type { CreateRequest } from './create-body.js';
import { createRequest, type CreateContext } from './create-request.js';
import { LABEL, readDrainMs, readPreStop } from './labels.js';
import { readPartners } from './partner-ids.js';

const PARTNER_ID = 'c'.repeat(64);

function requestFor(
  spec: Partial<ContainerSpec>,
  over: Partial<CreateContext> = {},
): CreateRequest {
  return createRequest({
    name: 'shop-web-1',
    placement: aPlacement('shop.web.1', {}, spec),
    cluster: CLUSTER,
    host: HOST,
    platform: PLATFORM,
    network: 'bridge',
    inherited: [],
    seeds: [],
    partners: new Map(),
    filePath: ({ kind }) => `/files/${kind}`,
    apiVersion: '1.41',
    ...over,
  });
}

describe('a create request', () => {
  it('of a spec that says nothing says nothing', () => {
    const { platform, body } = requestFor({});
    expect(platform).toBeUndefined();
    expect({ ...body, Labels: {} }).toEqual({
      Image: 'box',
      Env: ['NAP_HOST=a'],
      Labels: {},
      ExposedPorts: {},
      StopTimeout: 10,
      HostConfig: {
        Binds: [],
        Mounts: [],
        PortBindings: {},
        ExtraHosts: [],
        RestartPolicy: { Name: 'no' },
        NetworkMode: 'bridge',
      },
    });
  });

  it.each(attributeCases.map((it) => [JSON.stringify(it.spec), it] as const))(
    'passes on %s',
    (_name, { spec, at, value }) => {
      // Where newer engines want it elsewhere, the older place is looked at; what they alone know, on the newest.
      const isOld = at === 'MacAddress';
      const { body } = requestFor(spec, { apiVersion: isOld ? '1.41' : '1.48' });
      expect(valueAt(body, at)).toEqual(value);
    },
  );

  it('leaves out what the engine does not know', () => {
    const spec = { annotations: { a: 'b' }, healthcheck: { startIntervalMs: 1, retries: 1 } };
    const { body } = requestFor(spec);
    expect(body.HostConfig).not.toHaveProperty('Annotations');
    expect(body.Healthcheck).toEqual({ Retries: 1 });
    expect(requestFor(spec, { apiVersion: '1.44' }).body.Healthcheck).toEqual({
      StartInterval: 1_000_000,
      Retries: 1,
    });
  });

  it('fills in what only the host knows, and cuts a hostname that becomes too long', () => {
    const { body } = requestFor({
      hostname: `${'x'.repeat(62)}-{{.Node.Hostname}}`,
      environment: { ON: '{{.Node.ID}} {{.Node.Platform.OS}}/{{.Node.Platform.Architecture}}' },
      mounts: [
        { type: 'volume', name: 'data-{{.Node.Hostname}}', target: '/data' },
        { type: 'bind', source: '/srv/{{.Node.Hostname}}', target: '/srv' },
      ],
    });
    expect(body.Hostname).toBe(`${'x'.repeat(62)}-`);
    expect(body.Env).toContain('ON=a linux/x86_64');
    expect(body.HostConfig.Mounts).toMatchObject([{ Source: 'data-a' }]);
    expect(body.HostConfig.Binds).toEqual(['/srv/a:/srv:rw']);
  });

  it('gives a MAC address to the endpoint where the engine wants it there', () => {
    const spec = { macAddress: '02:42:ac:11:00:99' };
    const { body } = requestFor(spec, { apiVersion: '1.44', address: '10.4.1.9', network: 'nap' });
    expect(body.MacAddress).toBeUndefined();
    expect(body.NetworkingConfig).toEqual({
      EndpointsConfig: {
        nap: { IPAMConfig: { IPv4Address: '10.4.1.9' }, MacAddress: spec.macAddress },
      },
    });
  });

  it('writes every label of nap, whatever the file or the image says of them', () => {
    const { Labels } = requestFor({
      image: 'box:2',
      labels: { 'nap.one-off': 'x', mine: '1' },
    }).body;
    for (const label of Object.values(LABEL)) expect(Labels).toHaveProperty([label]);
    expect(Labels).toMatchObject({ 'nap.image': 'box:2', 'nap.one-off': '', mine: '1' });
    expect(readPreStop(Labels['nap.pre-stop'])).toEqual([]);
    expect(readDrainMs(Labels['nap.drain-ms'])).toBe(0);
  });

  it('asks for the platform beside the body', () => {
    expect(requestFor({ platform: 'linux/amd64' }).platform).toBe('linux/amd64');
  });

  it('makes what is mounted below read-only in the way of the engine', () => {
    const spec: Partial<ContainerSpec> = {
      mounts: [
        { type: 'bind', source: '/a', target: '/a', readOnly: true, recursive: 'readonly' },
        { type: 'bind', source: '/b', target: '/b', readOnly: true, recursive: 'writable' },
      ],
    };
    const options = (apiVersion: string) =>
      requestFor(spec, { apiVersion }).body.HostConfig.Mounts.map((it) => it.BindOptions);
    expect(options('1.44')).toEqual([
      { Propagation: 'rprivate', CreateMountpoint: true, ReadOnlyForceRecursive: true },
      { CreateMountpoint: true, ReadOnlyNonRecursive: true },
    ]);
    expect(options('1.41')).toEqual([{ Propagation: 'rprivate' }, undefined]);
  });
});

describe('a create request on somebody else’s network', () => {
  const everything: Partial<ContainerSpec> = {
    hostname: 'web-1',
    domainname: 'example.org',
    macAddress: '02:42:ac:11:00:99',
    dns: ['10.0.0.1'],
    dnsOptions: ['ndots:2'],
    dnsSearch: ['a.example'],
    extraHosts: ['a:10.0.0.9'],
    expose: ['8000'],
    ports: [{ target: 80, protocol: 'tcp', published: { from: 80, to: 80 } }],
  };
  const partners = new Map([[PARTNER, PARTNER_ID]]);
  const seeds = ['db:10.4.1.2'];

  it('leaves to the partner all that is the partner’s', () => {
    const spec: Partial<ContainerSpec> = { ...everything, network: { instance: PARTNER } };
    const { body } = requestFor(spec, { partners, seeds });
    expect(body.HostConfig).toMatchObject({
      NetworkMode: `container:${PARTNER_ID}`,
      PortBindings: {},
      ExtraHosts: [],
    });
    for (const field of ['Hostname', 'Domainname', 'MacAddress']) {
      expect(body).not.toHaveProperty(field);
    }
    for (const field of ['Dns', 'DnsOptions', 'DnsSearch']) {
      expect(body.HostConfig).not.toHaveProperty(field);
    }
    expect(body.ExposedPorts).toEqual({});
    expect(body.Labels).toMatchObject({ 'nap.seeds': '0' });
  });

  it.each(['host', 'none'] as const)('seeds no names and publishes no ports on %s', (mode) => {
    const { body } = requestFor({ ...everything, network: mode }, { seeds });
    expect(body.HostConfig).toMatchObject({
      NetworkMode: mode,
      PortBindings: {},
      ExtraHosts: ['a:10.0.0.9'],
      Dns: ['10.0.0.1'],
    });
    expect(body).not.toHaveProperty('MacAddress');
    expect(body.Hostname).toBe('web-1');
    expect(body.Labels).toMatchObject({ 'nap.seeds': '0' });
  });

  it('does not name the host', () => {
    const { body } = requestFor({ ...everything, utsNamespace: 'host' });
    expect(body).not.toHaveProperty('Hostname');
    expect(body).not.toHaveProperty('Domainname');
  });

  it('joins the namespaces and volumes of its partners, and remembers which containers these were', () => {
    const { body } = requestFor(
      {
        ipc: { instance: PARTNER },
        pid: { instance: PARTNER },
        volumesFrom: [{ instance: PARTNER, readOnly: true }],
      },
      { partners },
    );
    expect(body.HostConfig).toMatchObject({
      IpcMode: `container:${PARTNER_ID}`,
      PidMode: `container:${PARTNER_ID}`,
      VolumesFrom: [`${PARTNER_ID}:ro`],
    });
    expect(readPartners(body.Labels['nap.partners'])).toEqual(partners);
    expect(readPartners(requestFor({}).body.Labels['nap.partners']).size).toBe(0);
  });
});
