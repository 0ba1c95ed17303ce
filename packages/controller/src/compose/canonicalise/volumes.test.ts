import {
  problemsOf,
  serviceOf,
  loadText,
  loadTexts,
  problemText,
  withService,
} from '../testing/load-texts.js';

async function mountsOf(yaml: string, rest = 'volumes: {data: }\n'): Promise<unknown> {
  return (await serviceOf(`volumes: ${yaml}`, rest)).container.mounts;
}

const bind = (source: string, target: string, more: object = {}): unknown => ({
  type: 'bind',
  source,
  target,
  createHostPath: true,
  ...more,
});

describe('volumes, short form', () => {
  test.each([
    ['/a:/b', [bind('/a', '/b')]],
    ['/a/:/b/', [bind('/a', '/b')]],
    ['./a:/b:ro', [bind('/srv/shop/a', '/b', { readOnly: true })]],
    ['../a:/b', [bind('/srv/a', '/b')]],
    ['/a:/b:ro,z', [bind('/a', '/b', { readOnly: true, selinux: 'z' })]],
    ['/a:/b:rshared', [bind('/a', '/b', { propagation: 'rshared' })]],
    ['/a:/b:cached', [bind('/a', '/b')]],
    ['data:/b', [{ type: 'volume', name: 'shop_data', target: '/b' }]],
    ['data:/b:nocopy', [{ type: 'volume', name: 'shop_data', target: '/b', noCopy: true }]],
    ['/anonymous', [{ type: 'volume', target: '/anonymous' }]],
  ])('%s', async (text, expected) => {
    expect(await mountsOf(`["${text}"]`)).toEqual(expected);
  });

  test('a volume of one letter is no Windows drive', async () => {
    expect(await mountsOf('["v:/data"]', 'volumes: {v: }\n')).toEqual([
      { type: 'volume', name: 'shop_v', target: '/data' },
    ]);
  });

  test('~ is the home of whoever runs nap', async () => {
    const result = await loadText(withService('volumes: ["~/x:/y"]'), {
      env: { HOME: '/home/me' },
    });
    expect(result.project?.services[0]?.container.mounts).toEqual([bind('/home/me/x', '/y')]);
    expect(await problemsOf('volumes: ["~/x:/y"]')).toContain('"~" needs HOME');
  });

  test.each([
    ['a:b:c:d', 'too many colons'],
    ['a::b', 'a part between the colons is empty'],
    ['/data:ro', 'the target "ro" is not an absolute path'],
    ['nope:/x', 'the volume "nope" is not declared'],
    ['dato:/x', 'did you mean "data"?'],
  ])('%s is refused', async (text, message) => {
    expect(await problemsOf(`volumes: ["${text}"]`, 'volumes: {data: }\n')).toContain(message);
  });

  test('an unknown option is named, and a relative path too', async () => {
    expect(await problemsOf('volumes: ["./a:/b:foo"]')).toBe(
      [
        'compose.yml:4:15  warning  services.web.volumes[0]: "foo" is not a mount option: ignored',
        '    options are ro, rw, z, Z, nocopy, and the propagation modes such as rshared',
        'compose.yml:4:15  warning  services.web.volumes: "./a" is /srv/shop/a on whichever host runs the instance',
        '    nap copies no files to the hosts: put them there, into the image, or on a shared volume',
        '',
      ].join('\n'),
    );
  });
});

describe('two mounts on one target', () => {
  test('the later one counts, which is said', async () => {
    const yaml = 'volumes: [/a:/x, /c:/y, "/b:/x/"]';
    expect((await serviceOf(yaml)).container.mounts).toEqual([bind('/b', '/x'), bind('/c', '/y')]);
    expect(await problemsOf(yaml)).toBe(
      'compose.yml:4:29  warning  services.web.volumes: two mounts on /x: this one counts, and not the one in line 4\n' +
        '    remove the other\n',
    );
  });

  test('of two files, the later one counts without a word', async () => {
    const texts = {
      'a.yml': withService('volumes: [/a:/x]'),
      'b.yml': withService('volumes: [/b:/x]'),
    };
    const result = await loadTexts(texts, { files: ['a.yml', 'b.yml'] });
    expect(problemText(result)).toBe('');
    expect(result.project?.services[0]?.container.mounts).toEqual([bind('/b', '/x')]);
  });
});

describe('options of another type of mount', () => {
  const volume = 'volumes: {data: }\n';
  const place = 'compose.yml:4:15  warning  services.web.volumes[0]';

  test.each([
    [
      '"data:/d:rshared"',
      `${place}.bind.propagation: ignored: propagation is for mounts of type bind, and this one is of type volume\n`,
    ],
    [
      '"data:/d:Z"',
      `${place}.bind.selinux: ignored: the engine labels its volumes for all containers (z)\n`,
    ],
    [
      '{type: tmpfs, target: /t, volume: {nocopy: true}}',
      'compose.yml:4:50  warning  services.web.volumes[0].volume.nocopy: ignored: nocopy is for mounts of type volume, and this one is of type tmpfs\n',
    ],
  ])('%s is ignored, which is said', async (text, problems) => {
    const yaml = `volumes: [${text}]`;
    const result = await loadText(withService(yaml, volume));
    expect(problemText(result)).toBe(problems);
    expect(result.support.filter(({ verdict }) => verdict === 'ignored')).toHaveLength(1);
    const strict = await loadText(withService(yaml, volume), { isStrict: true });
    expect(problemText(strict)).toContain('error  ');
  });

  test.each(['data:/d:z', '/a:/b:nocopy'])('%s has it anyway', async (text) => {
    expect(await problemsOf(`volumes: ["${text}"]`, volume)).toBe('');
  });

  test('config prints them where Docker Compose does', async () => {
    const yaml = 'volumes: ["data:/d:nocopy,z", "/a:/b:nocopy"]';
    const { model } = await loadText(withService(yaml, volume));
    expect(model).toMatchObject({
      services: {
        web: {
          volumes: [
            { type: 'volume', bind: { selinux: 'z' }, volume: { nocopy: true } },
            { type: 'bind', bind: { create_host_path: true }, volume: { nocopy: true } },
          ],
        },
      },
    });
  });
});

describe('volumes, long form', () => {
  test('bind, volume and tmpfs with their options', async () => {
    const yaml = `
      - {type: bind, source: ./a, target: /a, read_only: true, bind: {create_host_path: false, propagation: rslave}}
      - {type: volume, source: data, target: /b/, volume: {nocopy: true}}
      - {type: tmpfs, target: /c, tmpfs: {size: 64m, mode: 0755}}`;
    expect(await mountsOf(yaml)).toEqual([
      {
        type: 'bind',
        source: '/srv/shop/a',
        target: '/a',
        readOnly: true,
        createHostPath: false,
        propagation: 'rslave',
      },
      { type: 'volume', name: 'shop_data', target: '/b', noCopy: true },
      { type: 'tmpfs', target: '/c', sizeBytes: 67_108_864, mode: 0o755 },
    ]);
  });

  test.each([
    ['{type: volume, target: x}', 'the target "x" is not an absolute path'],
    ['{type: volume}', 'a mount has no target'],
    ['{target: /x}', 'a mount has no type'],
    ['{type: bind, target: /x}', 'a bind mount has no source'],
    ['{type: image, target: /x}', 'an image mount has no source'],
    ['{type: npipe, source: a, target: /x}', 'no host of nap has such mounts'],
    ['{type: volume, target: /x, volume: {subpath: y}}', 'an anonymous volume is empty'],
    [
      '{type: volume, source: data, target: /x, volume: {subpath: ../y}}',
      '"../y" is not a path inside the mount',
    ],
    ['{type: bind, source: /a, target: /x, bind: {recursive: readonly}}', 'add read_only: true'],
    ['{type: tmpfs, target: /x, read_only: true}', 'a tmpfs mount has no read_only'],
  ])('%s is refused', async (yaml, message) => {
    expect(await problemsOf(`volumes: [${yaml}]`, 'volumes: {data: }\n')).toContain(message);
  });
});

describe('volumes, long form, one by one', () => {
  test.each([
    [
      '{type: bind, source: /a, target: /b, bind: {recursive: disabled, selinux: Z}}',
      bind('/a', '/b', { recursive: 'disabled', selinux: 'Z' }),
    ],
    [
      '{type: bind, source: /a, target: /b, read_only: true, bind: {recursive: writable}}',
      bind('/a', '/b', { recursive: 'writable', readOnly: true }),
    ],
    ['{type: bind, source: /a, target: /b, bind: {recursive: enabled}}', bind('/a', '/b')],
    [
      '{type: volume, source: data, target: /b, volume: {subpath: x/y, labels: [a=b]}}',
      { type: 'volume', name: 'shop_data', target: '/b', subpath: 'x/y', labels: { a: 'b' } },
    ],
    [
      '{type: image, source: "busybox:1", target: /b, image: {subpath: x}}',
      { type: 'image', image: 'busybox:1', target: '/b', subpath: 'x' },
    ],
    ['{type: tmpfs, target: /b}', { type: 'tmpfs', target: '/b' }],
  ])('%s', async (yaml, expected) => {
    expect(await mountsOf(`[${yaml}]`)).toEqual([expected]);
  });
});

describe('top-level volumes', () => {
  test('name, driver, options, labels and external reach the mounts', async () => {
    const rest = `volumes:
  data: {driver: nfs, driver_opts: {o: soft, n: 1}, labels: [a=b]}
  named: {name: exact}
  outer: {external: true}
  old: {external: {name: theirs}}
`;
    expect(await mountsOf('["data:/a", "named:/b", "outer:/c", "old:/d"]', rest)).toEqual([
      {
        type: 'volume',
        name: 'shop_data',
        target: '/a',
        driver: 'nfs',
        driverOptions: { o: 'soft', n: '1' },
        labels: { a: 'b' },
      },
      { type: 'volume', name: 'exact', target: '/b' },
      { type: 'volume', name: 'outer', target: '/c', external: true },
      { type: 'volume', name: 'theirs', target: '/d', external: true },
    ]);
  });

  test('an external volume takes no other settings', async () => {
    const result = await loadText(withService('', 'volumes: {x: {external: true, driver: nfs}}\n'));
    expect(problemText(result)).toContain('an external volume is used as it is');
  });

  test('volume_driver of a service is the driver of volumes that name none', async () => {
    const service = await serviceOf(
      'volumes: ["data:/a"]\nvolume_driver: nfs',
      'volumes: {data: }\n',
    );
    expect(service.container.mounts).toEqual([
      { type: 'volume', name: 'shop_data', target: '/a', driver: 'nfs' },
    ]);
  });
});

describe('tmpfs', () => {
  test('one or several, with size and mode', async () => {
    expect((await serviceOf('tmpfs: /run/:size=64m,mode=1777')).container.mounts).toEqual([
      { type: 'tmpfs', target: '/run', sizeBytes: 67_108_864, mode: 0o1777 },
    ]);
    expect((await serviceOf('tmpfs: [/a, /b, /a]')).container.mounts).toEqual([
      { type: 'tmpfs', target: '/a' },
      { type: 'tmpfs', target: '/b' },
    ]);
  });

  test.each([
    ['/run:ro,uid=5,gid=6,noexec', { options: ['ro', 'uid=5', 'gid=6', 'noexec'] }],
    ['/run:size=10%,nr_inodes=1k', { options: ['size=10%', 'nr_inodes=1k'] }],
    ['/run:rw,size=1.5g', { sizeBytes: 1_610_612_736 }],
  ])('%s', async (text, expected) => {
    const { mounts } = (await serviceOf(`tmpfs: "${text}"`)).container;
    expect(mounts).toEqual([{ type: 'tmpfs', target: '/run', ...expected }]);
  });

  test('an option that no engine knows is refused, and so is a relative path', async () => {
    expect(await problemsOf('tmpfs: /run:uid=me')).toContain(
      '"uid=me" is not an option of a tmpfs mount',
    );
    expect(await problemsOf('tmpfs: run')).toContain('"run" is not a tmpfs mount');
  });
});
