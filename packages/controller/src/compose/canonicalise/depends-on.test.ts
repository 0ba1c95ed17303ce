import { problemsOf, serviceOf } from '../testing/load-texts.js';

const rest = '  db: {image: i}\n  job: {image: i}\n';

describe('depends_on', () => {
  test('a list waits for the start', async () => {
    expect((await serviceOf('depends_on: [db, job]', rest)).dependencies).toEqual([
      { service: 'db', condition: 'started', required: true },
      { service: 'job', condition: 'started', required: true },
    ]);
  });

  test('every condition, and required', async () => {
    const yaml = `depends_on:
  db: {condition: service_healthy}
  job: {condition: service_completed_successfully, required: false}`;
    expect((await serviceOf(yaml, rest)).dependencies).toEqual([
      { service: 'db', condition: 'healthy', required: true },
      { service: 'job', condition: 'completed', required: false },
    ]);
  });

  test('restart: true is named', async () => {
    expect(
      await problemsOf('depends_on: {db: {condition: service_started, restart: true}}', rest),
    ).toContain('warning  services.web.depends_on.db.restart: ignored: nap does not restart');
  });

  test.each([
    ['depends_on: {db: {}}', 'needs a condition'],
    ['depends_on: {db: {condition: ready}}', '"ready" is not one of service_started'],
    ['depends_on: db', 'must be a mapping'],
    ['depends_on: [dbs]', 'did you mean "db"?'],
    ['depends_on: [1]', 'must be a string'],
  ])('%s is refused', async (yaml, message) => {
    expect(await problemsOf(yaml, rest)).toContain(message);
  });
});
