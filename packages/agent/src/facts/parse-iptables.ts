/** What `iptables -S` prints of a chain: a policy or a rule a line. */

export function policyOf(text: string, chain: string): string | undefined {
  return new RegExp(`^-P ${chain} (\\S+)`, 'm').exec(text)?.[1];
}

/** Sources and destinations of rules that let through whatever comes from or goes there. */
export function acceptedNetworks(text: string): readonly string[] {
  const rules = [
    ...text.matchAll(/^-A \S+ -([sd]) (\S+)(?: -m comment --comment .*?)? -j ACCEPT$/gm),
  ];
  return [...new Set(rules.map(([, , network = '']) => network))].sort();
}

/** Rules that drop what does not come from a container's own bridge; Docker 28 and later has one for each container. */
export function directRoutingDrops(text: string, isOwn: (address: string) => boolean): number {
  const rules = [...text.matchAll(/^-A PREROUTING -d (\S+?)(?:\/32)? ! -i \S+ -j DROP$/gm)];
  return rules.filter(([, address = '']) => isOwn(address)).length;
}
