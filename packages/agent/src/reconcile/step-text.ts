import type { Chain, Step, StepOf } from './step.js';

const short = (container: string): string => container.slice(0, 12);

const imageText = ({ image, platform }: StepOf<'pull'>): string =>
  platform === undefined ? image : `${image} for ${platform}`;

function object(step: Step): string {
  if (step.kind !== 'rename' && 'container' in step) return ` ${short(step.container)}`;
  switch (step.kind) {
    case 'pull':
      return ` ${imageText(step)}`;
    case 'write-files':
      return ` ${step.files.length}`;
    case 'create':
      return ` ${step.name}${step.inherited.length > 0 ? ` with ${step.inherited.length} inherited volume(s)` : ''}`;
    case 'rename':
      return ` ${short(step.container)} to ${step.to}`;
    case 'remove-volume':
      return ` ${step.volume}`;
    case 'forget':
      return '';
  }
}

/** `shop.web.1: start 0123456789ab (not-started)`: the same in logs and in tests. */
export function stepText(step: Step): string {
  return `${step.instance}: ${step.kind}${object(step)} (${step.reason})`;
}

export function chainsText(chains: readonly Chain[]): string {
  return chains.flatMap((chain) => chain.steps.map(stepText)).join('\n');
}
