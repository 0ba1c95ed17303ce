import { hasFeature, type ContainerSpec } from '@nap/shared';
import type { IsolationFields } from './create-body.js';
import { given } from './given.js';
import { containerMode, type PartnerIds } from './partner-ids.js';

/** What a container may do, what it shares with the host or a partner, and who looks after it. */
export function isolationFields(
  spec: ContainerSpec,
  partners: PartnerIds,
  apiVersion: string,
): IsolationFields {
  const { logging } = spec;
  return given({
    Annotations: hasFeature('annotations', apiVersion) ? spec.annotations : undefined,
    CapAdd: spec.capAdd,
    CapDrop: spec.capDrop,
    CgroupnsMode: hasFeature('cgroupNamespace', apiVersion) ? spec.cgroupNamespace : undefined,
    GroupAdd: spec.groupAdd,
    Init: spec.init,
    IpcMode: containerMode(spec.ipc, partners),
    // An empty driver is the engine's default.
    LogConfig:
      logging === undefined
        ? undefined
        : { Type: logging.driver ?? '', Config: logging.options ?? {} },
    PidMode: containerMode(spec.pid, partners),
    Privileged: spec.privileged,
    Runtime: spec.runtime,
    ...security(spec.securityOptions),
    Sysctls: spec.sysctls,
    UTSMode: spec.utsNamespace,
    UsernsMode: spec.userNamespace,
  });
}

const UNCONFINED_PATHS = /^systempaths[=:]unconfined$/;

/** `systempaths=unconfined` is a word of the clients: the engine is told that no path is masked. */
function security(
  options: readonly string[] | undefined,
): Pick<IsolationFields, 'SecurityOpt' | 'MaskedPaths' | 'ReadonlyPaths'> {
  if (options === undefined) return {};
  const passed = options.filter((option) => !UNCONFINED_PATHS.test(option));
  if (passed.length === options.length) return { SecurityOpt: options };
  return { SecurityOpt: passed, MaskedPaths: [], ReadonlyPaths: [] };
}
