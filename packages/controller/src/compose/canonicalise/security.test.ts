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
    [
      'cap_drop: [all, cap_Net_Raw]',
      { cap_drop: ['all', 'cap_Net_Raw'] },
      { capDrop: ['all', 'cap_Net_Raw'] },
    ],
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
    [
      'cap_add: [NOPE]',
      'compose.yml:4:15  error  services.web.cap_add[0]: "NOPE" is not a capability of Linux\n    such as NET_ADMIN, or ALL',
    ],
    ['cap_drop: [cap_sys_admn]', 'did you mean "SYS_ADMIN"?'],
    ['cap_add: [""]', '"" is not a capability'],
    ['cap_add: [CAP_ALL]', 'did you mean "ALL"?'],
  ]);

  test('later files add: capabilities each once, security options as they come', async () => {
    expect(
      await mergedConfig(
        'cap_add: [KILL]\nsecurity_opt: [label=disable]',
        'cap_add: [BPF, KILL]\nsecurity_opt: [label=disable]',
      ),
    ).toMatchObject({ cap_add: ['KILL', 'BPF'], security_opt: ['label=disable', 'label=disable'] });
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
