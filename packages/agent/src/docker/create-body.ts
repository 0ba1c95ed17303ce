/** The create call in the engine's own terms: `createRequest` makes it from a spec. */
export interface CreateRequest {
  readonly name: string;
  /** `os/architecture[/variant]`: the engine refuses an image of another one. */
  readonly platform?: string;
  readonly body: CreateBody;
}

export interface CreateBody {
  readonly Image: string;
  readonly Cmd?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Env: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
  readonly Hostname?: string;
  readonly Domainname?: string;
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly Tty?: boolean;
  readonly OpenStdin?: boolean;
  /** Its input ends with the first who has given it some. */
  readonly StdinOnce?: boolean;
  readonly MacAddress?: string;
  readonly ExposedPorts: Readonly<Record<string, object>>;
  readonly Healthcheck?: EngineHealthcheck;
  readonly StopSignal?: string;
  readonly StopTimeout: number;
  readonly HostConfig: HostConfig;
  readonly NetworkingConfig?: {
    readonly EndpointsConfig: Readonly<Record<string, EngineEndpoint>>;
  };
}

export interface EngineHealthcheck {
  readonly Test?: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

export interface EngineEndpoint {
  readonly IPAMConfig?: { readonly IPv4Address: string };
  readonly MacAddress?: string;
}

export type HostConfig = NetworkFields & MountFields & ResourceFields & IsolationFields;

export interface NetworkFields {
  readonly PortBindings: Readonly<Record<string, readonly PortBinding[]>>;
  readonly ExtraHosts: readonly string[];
  readonly RestartPolicy: { readonly Name: 'no' };
  /** A network of the engine, `host`, `none` or `container:<id>`. */
  readonly NetworkMode: string;
  readonly Dns?: readonly string[];
  readonly DnsOptions?: readonly string[];
  readonly DnsSearch?: readonly string[];
}

export interface PortBinding {
  readonly HostIp: string;
  readonly HostPort: string;
}

export interface MountFields {
  readonly Binds: readonly string[];
  readonly Mounts: readonly EngineMount[];
  readonly Tmpfs?: Readonly<Record<string, string>>;
  readonly VolumesFrom?: readonly string[];
  readonly StorageOpt?: Readonly<Record<string, string>>;
  readonly ReadonlyRootfs?: boolean;
}

export interface ResourceFields {
  readonly BlkioWeight?: number;
  readonly BlkioWeightDevice?: readonly { readonly Path: string; readonly Weight: number }[];
  readonly BlkioDeviceReadBps?: readonly DeviceRate[];
  readonly BlkioDeviceWriteBps?: readonly DeviceRate[];
  readonly BlkioDeviceReadIOps?: readonly DeviceRate[];
  readonly BlkioDeviceWriteIOps?: readonly DeviceRate[];
  readonly CgroupParent?: string;
  readonly CpuPeriod?: number;
  readonly CpuQuota?: number;
  readonly CpuRealtimePeriod?: number;
  readonly CpuRealtimeRuntime?: number;
  readonly CpuShares?: number;
  readonly CpusetCpus?: string;
  readonly DeviceCgroupRules?: readonly string[];
  readonly DeviceRequests?: readonly EngineDeviceRequest[];
  readonly Devices?: readonly EngineDevice[];
  readonly Memory?: number;
  readonly MemoryReservation?: number;
  readonly MemorySwap?: number;
  readonly MemorySwappiness?: number;
  readonly NanoCpus?: number;
  readonly OomKillDisable?: boolean;
  readonly OomScoreAdj?: number;
  readonly PidsLimit?: number;
  readonly ShmSize?: number;
  readonly Ulimits?: readonly {
    readonly Name: string;
    readonly Soft: number;
    readonly Hard: number;
  }[];
}

export interface IsolationFields {
  readonly Annotations?: Readonly<Record<string, string>>;
  readonly CapAdd?: readonly string[];
  readonly CapDrop?: readonly string[];
  readonly CgroupnsMode?: 'host' | 'private';
  readonly GroupAdd?: readonly string[];
  readonly Init?: boolean;
  readonly IpcMode?: string;
  readonly LogConfig?: { readonly Type: string; readonly Config: Readonly<Record<string, string>> };
  readonly MaskedPaths?: readonly string[];
  readonly PidMode?: string;
  readonly Privileged?: boolean;
  readonly ReadonlyPaths?: readonly string[];
  readonly Runtime?: string;
  readonly SecurityOpt?: readonly string[];
  readonly Sysctls?: Readonly<Record<string, string>>;
  readonly UTSMode?: 'host';
  readonly UsernsMode?: 'host';
}

export interface DeviceRate {
  readonly Path: string;
  readonly Rate: number;
}

export interface EngineDevice {
  readonly PathOnHost: string;
  readonly PathInContainer: string;
  readonly CgroupPermissions: string;
}

export interface EngineDeviceRequest {
  readonly Driver?: string;
  readonly Count?: number;
  readonly DeviceIDs?: readonly string[];
  readonly Capabilities?: readonly (readonly string[])[];
  readonly Options?: Readonly<Record<string, string>>;
}

export const PROPAGATIONS = [
  'private',
  'rprivate',
  'shared',
  'rshared',
  'slave',
  'rslave',
] as const;
export type Propagation = (typeof PROPAGATIONS)[number];

export interface EngineMount {
  readonly Type: 'bind' | 'volume' | 'tmpfs' | 'image';
  /** Empty for an anonymous volume and for memory. */
  readonly Source: string;
  readonly Target: string;
  readonly ReadOnly?: boolean;
  readonly BindOptions?: {
    readonly Propagation?: Propagation;
    readonly CreateMountpoint?: boolean;
    readonly NonRecursive?: boolean;
    readonly ReadOnlyNonRecursive?: boolean;
    readonly ReadOnlyForceRecursive?: boolean;
  };
  readonly VolumeOptions?: {
    readonly NoCopy: boolean;
    readonly Labels: Readonly<Record<string, string>>;
    readonly DriverConfig: {
      readonly Name: string;
      readonly Options: Readonly<Record<string, string>>;
    };
    readonly Subpath?: string;
  };
  readonly TmpfsOptions?: { readonly SizeBytes: number; readonly Mode: number };
  readonly ImageOptions?: { readonly Subpath: string };
}
