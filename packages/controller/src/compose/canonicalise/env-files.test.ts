import { loadTexts, problemText, withService } from '../testing/load-texts.js';

describe('env_file and label_file', () => {
  const load = (keys: string, texts: Record<string, string>) =>
    loadTexts({ 'compose.yml': withService(keys), ...texts });

  test('later files win, and the service itself wins over all', async () => {
    const result = await load('env_file: [a.env, {path: b.env}]\nenvironment: {C: own}', {
      'a.env': 'A=1\nB=1\nC=1\n',
      'b.env': 'B=2\n',
    });
    expect(result.project?.services[0]?.container.environment).toEqual({
      A: '1',
      B: '2',
      C: 'own',
    });
    expect(result.files).toEqual(['/srv/shop/compose.yml', '/srv/shop/a.env', '/srv/shop/b.env']);
  });

  test('labels', async () => {
    const result = await load('label_file: l.env\nlabels: {B: own}', { 'l.env': 'A=1\nB=2\n' });
    expect(result.project?.services[0]?.container.labels).toEqual({ A: '1', B: 'own' });
  });

  test('a raw file is taken as it is', async () => {
    const result = await load('env_file: [{path: a.env, format: raw}]', {
      'a.env': 'A="x" # $Y\n',
    });
    expect(result.project?.services[0]?.container.environment).toEqual({ A: '"x" # $Y' });
  });

  test('a missing file is an error, unless it is not required', async () => {
    expect(problemText(await load('env_file: a.env', {}))).toBe(
      'compose.yml:4:15  error  services.web.env_file: cannot read /srv/shop/a.env: there is no such file\n' +
        '    write {path: …, required: false} when it may be missing\n',
    );
    expect((await load('env_file: [{path: a.env, required: false}]', {})).problems).toEqual([]);
  });
});
