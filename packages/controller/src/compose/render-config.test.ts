import type { LoadRequest } from './pipeline.js';
import type { ComposeModel } from './render-config.js';
import { loadTexts, problemText, type Texts } from './testing/load-texts.js';

async function modelOf(texts: Texts, request: Partial<LoadRequest> = {}): Promise<ComposeModel> {
  const result = await loadTexts(texts, request);
  if (result.model === undefined) throw new Error(problemText(result));
  return result.model;
}

const SECRET = 'services: {a: {image: i, secrets: [s]}}\n';

const file = (text: string): Texts => ({ 'compose.yml': text });

test('what nap refuses is printed all the same, and is no project', async () => {
  const texts = file('services: {a: {build: .}}');
  const result = await loadTexts(texts);
  expect(result.project).toBeUndefined();
  expect(problemText(result)).toContain('nap builds no images');
  expect(await modelOf(texts)).toMatchObject({
    services: { a: { build: { context: '/srv/shop', dockerfile: 'Dockerfile' } } },
  });
});

test('what a secret holds is never printed, and need not be there to print the rest', async () => {
  const texts = file(`${SECRET}secrets: {s: {file: ./nowhere}}`);
  const result = await loadTexts(texts);
  expect(result.project).toBeUndefined();
  expect(result.contents.size).toBe(0);
  expect(problemText(result)).toContain('cannot read /srv/shop/nowhere');
  expect(result.model).toMatchObject({ secrets: { s: { file: '/srv/shop/nowhere' } } });
});

test('nothing is read for what is only looked at', async () => {
  const texts = { ...file(`${SECRET}secrets: {s: {file: ./s}}`), s: 'hidden' };
  const whole = await loadTexts(texts);
  expect([...whole.contents.values()]).toEqual([Buffer.from('hidden').toString('base64')]);
  expect(JSON.stringify(whole.model)).not.toContain('hidden');
  const part = await loadTexts(texts, { without: ['normalisation'] });
  expect(part.files).toEqual(['/srv/shop/compose.yml']);
  expect(part.model).toBeDefined();
  expect(part.contents.size).toBe(0);
});

test('zero and nothing are left out where they say nothing', async () => {
  const model = await modelOf(
    file(
      'services: {a: {image: i, mem_limit: 0, user: "0", extra_hosts: [], oom_score_adj: 0, ' +
        'mem_swappiness: 0, logging: {driver: ""}, blkio_config: {}, healthcheck: {test: x, retries: 0}}}',
    ),
  );
  expect(model['services']).toEqual({
    a: {
      blkio_config: {},
      command: null,
      entrypoint: null,
      healthcheck: { test: ['CMD-SHELL', 'x'], retries: 0 },
      image: 'i',
      logging: {},
      mem_swappiness: '0',
      networks: { default: null },
      user: '0',
    },
  });
});

test('of volumes and models those that a service uses are printed', async () => {
  const mounts = '[{type: bind, source: other, target: /a}, "data:/b"]';
  const model = await modelOf(
    file(
      `services: {a: {image: i, models: {m: {}}, volumes: ${mounts}}}\n` +
        'volumes: {data: {}, other: {}}\nmodels: {m: {model: x}, n: {model: x}}',
    ),
  );
  expect(model['volumes']).toEqual({ data: { name: 'shop_data' } });
  expect(model['models']).toEqual({ m: { model: 'x' } });
});

test('a dollar is doubled in values, and not in keys, where it would stay doubled', async () => {
  const model = await modelOf(file('services: {a: {image: i, labels: {"$K": "$$V"}}}'));
  expect(model).toMatchObject({ services: { a: { labels: { $K: '$$V' } } } });
});

test('what a build leaves out is filled in after merging', async () => {
  const model = await modelOf(
    {
      'a.yml': 'services: {a: {image: i, build: {context: ./x, dockerfile: D}}}',
      'b.yml': 'services: {a: {build: {target: t}}}',
    },
    { files: ['a.yml', 'b.yml'] },
  );
  expect(model).toMatchObject({
    services: { a: { build: { context: '/srv/shop/x', dockerfile: 'D', target: 't' } } },
  });
});

test('of several files the last says which subnets a network has, key by key for the same one', async () => {
  const withSubnet = (config: string): string =>
    `services: {a: {image: i, networks: [n]}}\nnetworks: {n: {ipam: {config: [${config}]}}}`;
  const subnets = async (over: string): Promise<unknown> => {
    const texts = { 'a.yml': withSubnet('{subnet: 10.1.0.0/16, gateway: 10.1.0.1}') };
    const model = await modelOf(
      { ...texts, 'b.yml': withSubnet(over) },
      { files: ['a.yml', 'b.yml'] },
    );
    return model['networks'];
  };
  expect(await subnets('{subnet: 10.1.0.0/16, ip_range: 10.1.1.0/24}')).toMatchObject({
    n: {
      ipam: { config: [{ subnet: '10.1.0.0/16', gateway: '10.1.0.1', ip_range: '10.1.1.0/24' }] },
    },
  });
  expect(await subnets('{subnet: 10.2.0.0/16}')).toMatchObject({
    n: { ipam: { config: [{ subnet: '10.2.0.0/16' }] } },
  });
});

describe('passes that are left out', () => {
  const text = [
    'services:',
    '  a:',
    '    image: "i:${TAG:-1}"',
    '    ports: ["${P}:80"]',
    '    volumes: ["./x:/x"]',
    '    labels: {a: "$$"}',
    '    depends_on: [nobody]',
    'volumes: {unused: {}}',
  ].join('\n');

  test('interpolation: variables, dollars and unused resources stay, and nothing is checked', async () => {
    const model = await modelOf(file(text), { without: ['interpolation'] });
    expect(model).toMatchObject({
      services: { a: { image: 'i:${TAG:-1}', ports: ['${P}:80'], labels: { a: '$$' } } },
      volumes: { unused: { name: 'shop_unused' } },
    });
  });

  test('checks and path resolution', async () => {
    const request: Partial<LoadRequest> = {
      env: { P: '8080' },
      without: ['checks', 'path-resolution'],
    };
    expect(await modelOf(file(text), request)).toMatchObject({
      services: { a: { volumes: [{ source: './x' }] } },
    });
  });

  test('env files and normalisation', async () => {
    const texts = file('services: {a: {image: i, env_file: nope.env}}');
    const model = await modelOf(texts, { without: ['env-files', 'normalisation'] });
    expect(model).toEqual({
      name: 'shop',
      services: {
        a: {
          command: null,
          entrypoint: null,
          env_file: [{ path: '/srv/shop/nope.env', required: true }],
          image: 'i',
        },
      },
    });
  });
});

test('the variables that files ask for, those inside of words too', async () => {
  const texts = file('services: {a: {image: "${A:-${B?m}}$A$$C", labels: ["${D+x}", "${"]}}');
  const { variables } = await loadTexts(texts, { without: ['interpolation'] });
  const plain = { isRequired: false, defaultValue: '', alternateValue: '' };
  expect(variables).toEqual([
    { ...plain, name: 'A', defaultValue: '${B?m}' },
    { ...plain, name: 'B', isRequired: true },
    { ...plain, name: 'D', alternateValue: 'x' },
  ]);
});
