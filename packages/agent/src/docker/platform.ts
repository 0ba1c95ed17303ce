/** What an image was built for, as the engine says. */
export interface ImagePlatform {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string;
}

/** Names that mean one architecture. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  armhf: 'arm',
  armel: 'arm',
  i386: '386',
};
/** What an absent variant means. */
const VARIANTS: Readonly<Record<string, string>> = { arm64: 'v8', arm: 'v7', amd64: 'v1' };

/** Whether an image is of the platform `os/architecture[/variant]` that a spec asks for. */
export function isPlatform(wanted: string, image: ImagePlatform): boolean {
  const [os = '', architecture = '', variant = ''] = wanted.toLowerCase().split('/');
  const want = canonical({ os, architecture, variant });
  const have = canonical(image);
  return (
    want.os === have.os && want.architecture === have.architecture && want.variant === have.variant
  );
}

function canonical({ os, architecture, variant }: ImagePlatform): ImagePlatform {
  const name = ARCHITECTURES[architecture] ?? architecture;
  return { os, architecture: name, variant: variant === '' ? (VARIANTS[name] ?? '') : variant };
}
