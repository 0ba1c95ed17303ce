const sources = {
  '^@nap/(shared|controller|agent|lab)$': '<rootDir>/packages/$1/src/index.ts',
  '^@nap/shared/(errors|flags|start|store|runtime|testing)$':
    '<rootDir>/packages/shared/src/$1/index.ts',
  '^@nap/(agent|controller)/testing$': '<rootDir>/packages/$1/src/testing/index.ts',
  '^(\\.{1,2}/.*)\\.js$': '$1',
};

const project = (displayName, testMatch, more = {}) => ({
  displayName,
  testMatch: testMatch.map((glob) => `<rootDir>/${glob}`),
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/jest/ts-blank-space-transform.cjs' },
  moduleNameMapper: sources,
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/'],
  ...more,
});

/** Real hosts take their time, and a test with a fault in it waits on purpose. */
const onTheLab = { setupFilesAfterEnv: ['<rootDir>/test/jest/patient.mjs'] };

export default {
  // A hang is found as well; what takes half a second alone took more than Jest's five on a machine with much else to do.
  testTimeout: 20_000,
  projects: [
    project('unit', [
      'packages/**/src/**/!(*.contract).test.ts',
      'test/{chaos,soak}/**/!(*.chaos).test.ts',
    ]),
    project('tidy', ['test/tidy/**/*.test.ts']),
    project('contract', [
      'packages/**/src/**/*.contract.test.ts',
      'test/start/**/*.contract.test.ts',
      'test/agents/**/*.contract.test.ts',
      'test/bench/**/*.contract.test.ts',
    ]),
    project('sim', ['test/sim/**/*.test.ts']),
    project('conformance', ['test/conformance/**/*.conformance.test.ts']),
    project('e2e', ['test/e2e/**/*.e2e.test.ts'], onTheLab),
    project('chaos', ['test/chaos/**/*.chaos.test.ts'], onTheLab),
  ],
};
