import type { Problem } from '@nap/shared';
import { renderProblems } from './problem-view.js';

const problem = (file: string, line: number, more: Partial<Problem> = {}): Problem => ({
  severity: 'error',
  path: 'services.web.imge',
  place: { file, line, column: 5 },
  message: 'unknown key',
  ...more,
});

describe('problems', () => {
  test('one line each, with the hint below, sorted by file and line', () => {
    const problems = [
      problem('compose.yml', 12, { hint: 'did you mean "image"?' }),
      problem('compose.yml', 3, { severity: 'warning', path: '' }),
      problem('base.yml', 40),
      { severity: 'error', path: '', message: 'there is no Compose file' } as const,
    ];
    expect(renderProblems(problems)).toBe(
      [
        'error  there is no Compose file',
        'base.yml:40:5  error  services.web.imge: unknown key',
        'compose.yml:3:5  warning  unknown key',
        'compose.yml:12:5  error  services.web.imge: unknown key',
        '    did you mean "image"?',
        '',
      ].join('\n'),
    );
    expect(renderProblems([])).toBe('');
  });

  test('a file cannot write control characters to the terminal', () => {
    const text = renderProblems([
      problem('f', 1, { message: 'a\nb\u001b[31m\u007f\u009b', path: 'x\ty' }),
    ]);
    expect(text).toBe('f:1:5  error  x\\ty: a\\nb\\u001b[31m\\u007f\\u009b\n');
  });
});
