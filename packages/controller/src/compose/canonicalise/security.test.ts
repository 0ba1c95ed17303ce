import { loadTexts, problemText, withService } from '../testing/load-texts.js';
import { mergedConfig, testForms, testRefusals } from '../testing/attribute-cases.js';

describe('what a container may do', () => {
  testForms([
    [
      'cap_add: [ALL, SYS_TIME, ALL]',
      { cap_add: ['ALL', 'SYS_TIME'] },
      { capAdd: ['ALL', 'SYS_TIME'] },
    ],
    ['cap_drop: [NET_ADMIN]', { cap_drop: ['NET_ADMIN'] }, { capDrop: ['NET_ADMIN'] }],
    ['cap_drop: []', {}, {}],
    ['privileged: true', { privileged: true }, { privileged: true }],
    ['privileged: false', {}, {}],
    ['read_only: true', { read_only: true }, { readOnly: true }],
    ['read_only: "false"', {}, {}],
    ['group_add: [mail, 5]', { group_add: ['mail', '5'] }, { groupAdd: ['mail', '5'] }],
    [
      'security_opt: [no-new-privileges, "label:user:U", seccomp=unconfined]',
      { security_opt: ['no-new-privileges', 'label:user:U', 'seccomp=unconfined'] },
      { securityOptions: ['no-new-privileges', 'label:user:U', 'seccomp=unconfined'] },
    ],
  ]);

  testRefusals([
    ['security_opt: [strict]', '"strict" is not a security option'],
    ['security_opt: ["seccomp=none.json"]', 'cannot read the seccomp profile /srv/shop/none.json'],
    ['cap_add: ALL', 'must be a list'],
  ]);

  test('later files add: capabilities each once, security options as they come', async () => {
    expect(
      await mergedConfig(
        'cap_add: [A]\nsecurity_opt: [label=disable]',
        'cap_add: [B, A]\nsecurity_opt: [label=disable]',
      ),
    ).toMatchObject({ cap_add: ['A', 'B'], security_opt: ['label=disable', 'label=disable'] });
  });
});

describe('a seccomp profile', () => {
  const texts = (profile: string): Record<string, string> => ({
    'compose.yml': withService('security_opt: ["seccomp:./p.json"]'),
    'p.json': profile,
  });

  test('is read where nap-controller runs, and travels without white space', async () => {
    const profile = '{\n  "a b": [18446744073709551615, "x \\" y"]\n}\n';
    const { project, files } = await loadTexts(texts(profile));
    expect(project?.services[0]?.container.securityOptions).toEqual([
      'seccomp={"a b":[18446744073709551615,"x \\" y"]}',
    ]);
    expect(files).toContain('/srv/shop/p.json');
  });

  test.each([
    ['{', 'p.json: it is not JSON'],
    [`"${'x'.repeat(140_000)}"`, 'p.json: it has more than 131072 characters'],
  ])('that cannot be used is refused with its place', async (profile, message) => {
    const problems = problemText(await loadTexts(texts(profile)));
    expect(problems).toMatch(/^compose\.yml:4:\d+ {2}error {2}services\.web\.security_opt/);
    expect(problems).toContain(message);
  });
});
