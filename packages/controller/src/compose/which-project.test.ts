import { loadTexts, problemText, type Texts } from './testing/load-texts.js';
import type { LoadRequest } from './pipeline.js';

const one = (image: string): string => `services: {web: {image: "${image}"}}`;

async function imageOf(
  texts: Texts,
  request: Partial<LoadRequest> = { files: [] },
): Promise<unknown> {
  const result = await loadTexts(texts, request);
  return result.project?.services[0]?.container.image ?? problemText(result);
}

async function nameOf(texts: Texts, request: Partial<LoadRequest> = {}): Promise<unknown> {
  const result = await loadTexts(texts, request);
  return result.project?.name ?? problemText(result);
}

describe('which files', () => {
  test('default names in order, here or in a parent, with their override', async () => {
    expect(await imageOf({ 'docker-compose.yml': one('a'), 'compose.yaml': one('b') })).toBe('b');
    expect(await imageOf({ '/srv/docker-compose.yml': one('p') })).toBe('p');
    expect(
      await imageOf({ 'docker-compose.yml': one('a'), 'docker-compose.override.yml': one('o') }),
    ).toBe('o');
    expect(await imageOf({})).toBe(
      'error  there is no Compose file here or in a parent directory\n    name one with -f, or call it compose.yaml\n',
    );
  });

  test('COMPOSE_FILE and its separator, from the shell or .env', async () => {
    const texts = { 'a.yml': one('a'), 'b.yml': one('b') };
    expect(await imageOf(texts, { files: [], env: { COMPOSE_FILE: 'a.yml:b.yml' } })).toBe('b');
    const env = { COMPOSE_FILE: 'b.yml,a.yml', COMPOSE_PATH_SEPARATOR: ',' };
    expect(await imageOf(texts, { files: [], env })).toBe('a');
    expect(await imageOf({ ...texts, '.env': 'COMPOSE_FILE=b.yml\n' })).toBe('b');
    expect(await imageOf(texts, { files: ['a.yml'], env })).toBe('a');
  });

  test('one of several files may be empty, all of them not', async () => {
    const texts = { 'a.yml': one('a'), 'empty.yml': '# nothing\n' };
    expect(await imageOf(texts, { files: ['empty.yml', 'a.yml', 'empty.yml'] })).toBe('a');
    for (const empty of ['# nothing\n', '{}', 'version: "3"\n']) {
      const alone = { 'empty.yml': empty };
      expect(await imageOf(alone, { files: ['empty.yml'] })).toContain('the file is empty');
    }
  });

  test('COMPOSE_ENV_FILES instead of .env, and COMPOSE_DISABLE_ENV_FILE none', async () => {
    const texts = { 'compose.yml': one('x$A$B'), '.env': 'A=dot', '1.env': 'A=1', '2.env': 'B=2' };
    const env = { COMPOSE_ENV_FILES: '1.env,2.env' };
    expect(await imageOf(texts, { env })).toBe('x12');
    expect(await imageOf(texts, { env, envFiles: ['2.env'] })).toBe('x2');
    for (const yes of ['1', 'true', 'T']) {
      expect(await imageOf(texts, { env: { COMPOSE_DISABLE_ENV_FILE: yes } })).toBe('x');
    }
    expect(await imageOf(texts, { env: { COMPOSE_DISABLE_ENV_FILE: 'false' } })).toBe('xdot');
  });

  test('in an env file, the shell counts first, then its own lines, then the files before', async () => {
    const texts = { 'compose.yml': one('$X'), 'a.env': 'A=1\nB=1\nC=1', 'b.env': 'A=2\nX=$A$B$C' };
    const envFiles = ['a.env', 'b.env'];
    expect(await imageOf(texts, { envFiles, env: { C: 's' } })).toBe('21s');
  });

  test('paths of all files resolve against the directory of the first', async () => {
    const result = await loadTexts(
      { 'x/a.yml': one('a'), 'y/b.yml': 'services: {web: {volumes: [./v:/v]}}' },
      { files: ['x/a.yml', 'y/b.yml'] },
    );
    expect(result.project).toMatchObject({
      name: 'x',
      services: [{ container: { mounts: [{ source: '/srv/shop/x/v' }] } }],
    });
  });

  test('.env of the project directory, or --env-file instead', async () => {
    const texts = {
      'x/a.yml': one('$V'),
      'x/.env': 'V=dot',
      '.env': 'V=here',
      'e.env': 'V=$U',
      'f.env': 'V=f$V',
    };
    expect(await imageOf(texts, { files: ['x/a.yml'] })).toBe('dot');
    expect(await imageOf(texts, { files: ['x/a.yml'], env: { V: 'shell' } })).toBe('shell');
    expect(await imageOf(texts, { files: ['x/a.yml'], projectDirectory: '.' })).toBe('here');
    expect(
      await imageOf(texts, { files: ['x/a.yml'], envFiles: ['e.env', 'f.env'], env: { U: 'u' } }),
    ).toBe('fu');
    expect(await imageOf(texts, { files: ['x/a.yml'], envFiles: ['no.env'] })).toContain(
      'error  --env-file: cannot read /srv/shop/no.env: there is no such file',
    );
  });

  test('.env of where the command runs, and beneath it that of the directory of the file', async () => {
    const parent = { '/srv/compose.yml': one('$A$B$C'), '/srv/.env': 'A=p\nB=p$A\nC=p' };
    const texts = { ...parent, '.env': 'A=h\n' };
    expect(await imageOf(texts)).toBe('hphp');
    expect(await imageOf(texts, { files: [], env: { C: 's' } })).toBe('hphs');
    expect(await imageOf(parent)).toBe('pppp');
    // A file that is named brings its own directory, and nothing else.
    expect(await imageOf(texts, { files: ['../compose.yml'] })).toBe('pppp');
    const named = {
      'x/a.yml': one('$A$B'),
      'x/.env': 'A=x\nB=x',
      '.env': 'COMPOSE_FILE=x/a.yml\nA=h',
    };
    expect(await imageOf(named)).toBe('hx');
    expect(await imageOf(texts, { files: [], envFiles: ['e.env'] })).toContain('no such file');
  });

  test('default names are looked for in the project directory, where it is given', async () => {
    const texts = {
      'compose.yml': one('here'),
      '/opt/compose.yml': one('$A'),
      '/opt/.env': 'A=opt',
    };
    expect(await imageOf(texts, { files: [], projectDirectory: '/opt' })).toBe('opt');
  });
});

describe('which name', () => {
  const file = { 'compose.yml': 'name: My.App_${N:-1}\n' + one('i') };

  test('-p, COMPOSE_PROJECT_NAME, name:, directory', async () => {
    expect(await nameOf({ 'compose.yml': one('i') })).toBe('shop');
    expect(await nameOf(file)).toBe('myapp_1');
    expect(await nameOf({ ...file, '.env': 'COMPOSE_PROJECT_NAME=dot' })).toBe('dot');
    expect(
      await nameOf(
        { ...file, '.env': 'COMPOSE_PROJECT_NAME=dot' },
        { env: { COMPOSE_PROJECT_NAME: 'shell' } },
      ),
    ).toBe('shell');
    expect(
      await nameOf(file, { projectName: 'given', env: { COMPOSE_PROJECT_NAME: 'shell' } }),
    ).toBe('given');
  });

  test('the last file that has a name counts, and the name is there to interpolate', async () => {
    const texts = { 'a.yml': `name: a\n${one('i:$COMPOSE_PROJECT_NAME')}`, 'b.yml': 'name: b\n' };
    const request = { files: ['a.yml', 'b.yml'] };
    expect(await nameOf(texts, request)).toBe('b');
    expect(await imageOf(texts, request)).toBe('i:b');
  });

  test('an empty name in the file is none', async () => {
    expect(await nameOf({ 'compose.yml': `name: ""\n${one('i')}` })).toBe('shop');
  });

  test('a bad name is an error when given, and normalised when found', async () => {
    expect(await nameOf(file, { projectName: 'Bad.Name' })).toContain(
      '--project-name: "Bad.Name" is not a project name',
    );
    expect(await nameOf(file, { env: { COMPOSE_PROJECT_NAME: 'B' } })).toContain(
      'COMPOSE_PROJECT_NAME: "B" is not a project name',
    );
    expect(await nameOf({ 'compose.yml': `name: "..."\n${one('i')}` })).toContain(
      'compose.yml:1:7  error  name: "..." leaves no project name',
    );
    expect(await nameOf({ '/compose.yml': one('i') }, { files: ['/compose.yml'] })).toContain(
      'the directory / gives no project name',
    );
  });
});

describe('profiles', () => {
  const texts = {
    'compose.yml':
      'services: {a: {image: i}, b: {image: i, profiles: [x]}, c: {image: i, profiles: [y, z]}}',
  };
  const names = async (request: Partial<LoadRequest>): Promise<unknown> =>
    (await loadTexts(texts, request)).project?.services.map(({ name }) => name);

  test('of the flag, else of COMPOSE_PROFILES; * is all', async () => {
    expect(await names({})).toEqual(['a']);
    expect(await names({ profiles: ['x', 'z'] })).toEqual(['a', 'b', 'c']);
    expect(await names({ env: { COMPOSE_PROFILES: 'q, x' } })).toEqual(['a', 'b']);
    expect(await names({ profiles: ['y'], env: { COMPOSE_PROFILES: 'x' } })).toEqual(['a', 'c']);
    expect(await names({ profiles: ['*'] })).toEqual(['a', 'b', 'c']);
  });

  test('what they leave out is told apart from what the files have not', async () => {
    expect([...(await loadTexts(texts, { profiles: ['x'] })).disabled]).toEqual(['c']);
  });

  test('a service that is off is not checked for what nap supports', async () => {
    const off = {
      'compose.yml':
        'services: {a: {image: i}, b: {privileged: true, env_file: no.env, profiles: [x]}}',
    };
    expect((await loadTexts(off)).problems).toEqual([]);
  });
});
