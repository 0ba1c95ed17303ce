import { jest } from '@jest/globals';

jest.setTimeout(10 * 60_000);
