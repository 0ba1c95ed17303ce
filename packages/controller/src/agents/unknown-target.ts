import { NapError, parseInstanceId } from '@nap/shared';
import { didYouMean } from '../did-you-mean.js';
import type { Target } from './targets.js';

/** Names that a hint has room for. */
const SHOWN_MAX = 20;

/** What is said of a word that means no instance: which one may be meant, or which there are among these. */
export function unknownTarget(word: string, among: readonly Target[]): NapError {
  return new NapError('NOT_FOUND', `no instance ${word} in this cluster`, {
    hint: hintFor(word, among),
  });
}

function hintFor(word: string, among: readonly Target[]): string {
  const { stem, hasNumber } = withoutNumber(word);
  const pathsOf = ({ project, service }: Target): readonly string[] =>
    stem.includes('/') ? [`${project}/${service}`] : [service, project];
  const siblings = hasNumber ? among.filter((it) => pathsOf(it)[0] === stem) : [];
  if (siblings.length > 0) {
    const numbers = listText(siblings.map(({ index }) => `${stem}/${index}`));
    return `${numbers}; with one that was removed its container and its log went`;
  }
  const near = didYouMean(stem, [...new Set(among.flatMap(pathsOf))]);
  if (near !== undefined) return near;
  const services = among.map(({ project, service }) => `${project}/${service}`);
  return services.length === 0
    ? 'nap-controller ls lists the projects, nap-controller ps their instances'
    : listText(services);
}

/** `web` of `web/9`, `shop/web` of `shop/web/9` and of `shop.web.9`. */
function withoutNumber(word: string): { readonly stem: string; readonly hasNumber: boolean } {
  const id = parseInstanceId(word);
  if (id !== undefined) return { stem: `${id.project}/${id.service}`, hasNumber: true };
  const stem = word.replace(/\/\d+$/, '');
  return { stem, hasNumber: stem !== word };
}

function listText(names: readonly string[]): string {
  const all = [...new Set(names)];
  const more = all.length > SHOWN_MAX ? ` and ${all.length - SHOWN_MAX} more` : '';
  return `there are: ${all.slice(0, SHOWN_MAX).join(', ')}${more}`;
}
