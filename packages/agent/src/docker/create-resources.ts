import type { BlkioSpec, ContainerSpec, DeviceRequestSpec } from '@nap/shared';
import type { DeviceRate, EngineDeviceRequest, ResourceFields } from './create-body.js';
import { given, type Given } from './given.js';

const NANO = 1_000_000_000;

/** How much of the host a container may use, and which of its devices. */
export function resourceFields(spec: ContainerSpec): ResourceFields {
  const { cpus, devices, ulimits } = spec;
  return given({
    ...(spec.blkio === undefined ? {} : blkio(spec.blkio)),
    CgroupParent: spec.cgroupParent,
    CpuPeriod: spec.cpuPeriodUs,
    CpuQuota: spec.cpuQuotaUs,
    CpuRealtimePeriod: spec.cpuRealtimePeriodUs,
    CpuRealtimeRuntime: spec.cpuRealtimeRuntimeUs,
    CpuShares: spec.cpuShares,
    CpusetCpus: spec.cpuset,
    DeviceCgroupRules: spec.deviceCgroupRules,
    DeviceRequests: spec.deviceRequests?.map(deviceRequest),
    Devices: devices?.map(({ source, target, permissions }) => ({
      PathOnHost: source,
      PathInContainer: target,
      CgroupPermissions: permissions,
    })),
    Memory: spec.memoryBytes,
    MemoryReservation: spec.memoryReservationBytes,
    MemorySwap: spec.memorySwapBytes,
    MemorySwappiness: spec.memorySwappiness,
    NanoCpus: cpus === undefined ? undefined : Math.round(cpus * NANO),
    OomKillDisable: spec.oomKillDisable,
    OomScoreAdj: spec.oomScoreAdj,
    PidsLimit: spec.pidsLimit,
    ShmSize: spec.shmSizeBytes,
    Ulimits:
      ulimits === undefined
        ? undefined
        : Object.entries(ulimits).map(([name, { soft, hard }]) => ({
            Name: name,
            Soft: soft,
            Hard: hard,
          })),
  });
}

type Rates = BlkioSpec['readBps'];

const rates = (given: Rates): readonly DeviceRate[] | undefined =>
  given?.map(({ path, rate }) => ({ Path: path, Rate: rate }));

function blkio(spec: BlkioSpec): Given<ResourceFields> {
  return given({
    BlkioWeight: spec.weight,
    BlkioWeightDevice: spec.weightDevices?.map(({ path, weight }) => ({
      Path: path,
      Weight: weight,
    })),
    BlkioDeviceReadBps: rates(spec.readBps),
    BlkioDeviceWriteBps: rates(spec.writeBps),
    BlkioDeviceReadIOps: rates(spec.readIops),
    BlkioDeviceWriteIOps: rates(spec.writeIops),
  });
}

function deviceRequest(spec: DeviceRequestSpec): EngineDeviceRequest {
  return given({
    Driver: spec.driver,
    Count: spec.count,
    DeviceIDs: spec.deviceIds,
    Capabilities: spec.capabilities,
    Options: spec.options,
  });
}
