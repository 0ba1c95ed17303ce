/** What a program starts with: the bundle of itself, where there is one. Loads nothing else. */
export * from './bundle.js';
