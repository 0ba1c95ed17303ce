/** What flags and variables say is checked as the agent's is. */
export { camelCase, checkedArgs, checkWords, switchOf, variableOf } from '@nap/shared/flags';
