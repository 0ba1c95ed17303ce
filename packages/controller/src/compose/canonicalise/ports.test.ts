import { problemsOf, serviceOf } from '../testing/load-texts.js';

async function portsOf(yaml: string): Promise<unknown> {
  return (await serviceOf(`ports: ${yaml}`)).container.ports;
}

const tcp = (target: number, from?: number, to = from): unknown => ({
  target,
  ...(from === undefined ? {} : { published: { from, to } }),
  protocol: 'tcp',
});

describe('ports, short form', () => {
  test.each([
    ['3000', [tcp(3000)]],
    ['"3000-3002"', [tcp(3000), tcp(3001), tcp(3002)]],
    ['"8000:80"', [tcp(80, 8000)]],
    ['"9090-9091:8080-8081"', [tcp(8080, 9090), tcp(8081, 9091)]],
    ['"8000-9000:80"', [tcp(80, 8000, 9000)]],
    ['":80"', [tcp(80)]],
    ['"0:80"', [tcp(80)]],
    ['"127.0.0.1:8001:81"', [{ ...(tcp(81, 8001) as object), hostIp: '127.0.0.1' }]],
    ['"127.0.0.1::5000"', [{ ...(tcp(5000) as object), hostIp: '127.0.0.1' }]],
    ['"[::1]:81:80"', [{ ...(tcp(80, 81) as object), hostIp: '::1' }]],
    ['"[0:0:0:0:0:0:0:1]:81:80"', [{ ...(tcp(80, 81) as object), hostIp: '::1' }]],
    ['"[2001:DB8::0:1]:81:80"', [{ ...(tcp(80, 81) as object), hostIp: '2001:db8::1' }]],
    ['"53:53/UDP"', [{ ...(tcp(53, 53) as object), protocol: 'udp' }]],
    ['"80/sctp"', [{ target: 80, protocol: 'sctp' }]],
  ])('%s', async (text, expected) => {
    expect(await portsOf(`[${text}]`)).toEqual(expected);
  });

  test.each([
    ['0', '"0" is not a container port'],
    ['65536', '"65536" is not a container port'],
    ['"80:99999"', '"99999" is not a container port'],
    ['"x:80"', '"x" is not a host port'],
    ['"127.0.0.1:80"', '"127.0.0.1" is not a host port'],
    ['"localhost:80:80"', '"localhost" is not an IP address'],
    ['"::1:80:80"', '"::1:80:80" is not a port'],
    ['"8000-8001:80-82"', 'the ranges 8000-8001 and 80-82 differ in length'],
    ['"82-80"', '"82-80" is not a container port'],
    ['" 80:80"', '" 80" is not a host port'],
    ['"80/icmp"', '"icmp" is not one of tcp, udp, sctp'],
    ['true', 'must be a port, and is a boolean'],
  ])('%s is refused with its place', async (text, message) => {
    const problems = await problemsOf(`ports: [${text}]`);
    expect(problems).toContain(`compose.yml:4:13  error  services.web.ports[0]`);
    expect(problems).toContain(message);
  });

  test('ranges are not written out without end', async () => {
    expect(await problemsOf('ports: ["1-65535"]')).toContain('more than 5000 ports');
  });
});

describe('ports, long form', () => {
  test('a range and an address', async () => {
    const long =
      '{target: 80, published: "8000-8010", host_ip: 10.0.0.1, protocol: udp, mode: host}';
    expect(await portsOf(`[${long}]`)).toEqual([
      { target: 80, published: { from: 8000, to: 8010 }, hostIp: '10.0.0.1', protocol: 'udp' },
    ]);
  });

  test('an address has one spelling', async () => {
    const long = '{target: 80, published: 80, host_ip: "0:0:0:0:0:0:0:1"}';
    expect(await portsOf(`["[::1]:80:80", ${long}]`)).toEqual([
      { ...(tcp(80, 80) as object), hostIp: '::1' },
    ]);
  });

  test('what only describes a port is ignored with a warning', async () => {
    expect(await problemsOf('ports: [{target: 80, app_protocol: http}]')).toBe(
      'compose.yml:4:26  warning  services.web.ports[0].app_protocol: ignored: it only describes the port\n',
    );
  });

  test('a target is needed, and unknown keys are errors', async () => {
    expect(await problemsOf('ports: [{published: 80}]')).toContain('a port has no target');
    expect(await problemsOf('ports: [{target: 80, publised: 80}]')).toContain(
      'did you mean "published"?',
    );
  });

  test('the same port twice is one port', async () => {
    expect(await portsOf('["80:80", {target: 80, published: 80}]')).toEqual([tcp(80, 80)]);
  });
});

describe('expose', () => {
  test('every form, with its protocol', async () => {
    const { container } = await serviceOf('expose: [80, "81-82", "90/UDP"]');
    expect(container.expose).toEqual(['80/tcp', '81-82/tcp', '90/udp']);
  });

  test('a host port is refused', async () => {
    expect(await problemsOf('expose: ["80:80"]')).toContain('only "ports" takes host ports');
  });
});
