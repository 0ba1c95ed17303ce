/**
 * The images that the lab's registry serves, made of Debian's packages: real programs, at real size, without a base
 * image to fetch. Under Docker Hub's names, so that `image: redis` in a Compose file pulls the lab's.
 */
export interface Recipe {
  readonly name: string;
  /** Debian packages whose files go in, with all that they depend on. */
  readonly packages: readonly string[];
  /** Path in the image -> file below packages/lab/images. */
  readonly files: Readonly<Record<string, string>>;
  /** Directories to make. */
  readonly directories: readonly string[];
  readonly config: ImageConfig;
}

/** The part of an image's configuration that the lab's images use, in the words of the image format. */
export interface ImageConfig {
  readonly Entrypoint?: readonly string[];
  readonly Cmd: readonly string[];
  readonly Env?: readonly string[];
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Volumes?: Readonly<Record<string, object>>;
  readonly WorkingDir?: string;
}

/** Depended on for installing and upgrading packages, which no container does. */
export const UNNEEDED_PACKAGES: readonly RegExp[] = [
  /^(adduser|debconf|dpkg|init-system-helpers|lsb-base|passwd|perl|psmisc|sensible-utils|sysvinit-utils)/,
  /^(tar|tzdata|ucf|usrmerge|libgdbm|libpam|libsemanage|libsepol|libaudit|libmagic|libperl|libdb5)/,
];

const REDIS = {
  packages: ['redis-server'],
  directories: ['/data'],
  config: {
    Entrypoint: ['/entrypoint'],
    Cmd: ['redis-server'],
    ExposedPorts: { '6379/tcp': {} },
    Volumes: { '/data': {} },
    WorkingDir: '/data',
  },
} as const;

export const RECIPES: readonly Recipe[] = [
  {
    name: 'busybox',
    packages: [],
    files: {},
    directories: ['/var/www'],
    // A shell that is PID 1 ignores TERM unless it says otherwise, and then takes ten seconds to stop.
    config: { Cmd: ['sh', '-c', 'trap exit TERM INT; sleep 2147483647 & wait'] },
  },
  { name: 'redis', ...REDIS, files: { '/entrypoint': 'redis/entrypoint' } },
  { name: 'redis-slave', ...REDIS, files: { '/entrypoint': 'redis-slave/entrypoint' } },
  {
    name: 'guestbook',
    packages: ['libapache2-mod-php'],
    directories: ['/var/www/html', '/var/log/apache2'],
    files: {
      '/etc/apache2/apache2.conf': 'guestbook/apache2.conf',
      '/var/www/html/index.php': 'guestbook/index.php',
      '/var/www/html/guestbook.php': 'guestbook/guestbook.php',
      '/var/www/redis.php': 'guestbook/redis.php',
    },
    config: {
      Cmd: ['apache2', '-DFOREGROUND'],
      ExposedPorts: { '80/tcp': {} },
      WorkingDir: '/var/www/html',
    },
  },
  {
    name: 'web',
    packages: ['python3'],
    directories: ['/srv'],
    files: {
      '/srv/server.py': 'web/server.py',
      '/srv/client.py': 'web/client.py',
      '/etc/host.conf': 'web/host.conf',
    },
    config: { Cmd: ['python3', '/srv/server.py'], ExposedPorts: { '80/tcp': {} } },
  },
];
