/**
 * Takes the place of @grpc/proto-loader in the bundles: the protocol of etcd, which was parsed when they were made. It gives
 * what etcd3 makes its clients of, and leaves out the descriptors, which only reflection asks for.
 */
import { services } from 'nap:etcd-protocol';

export function loadSync(file, options) {
  if (!file.endsWith('/rpc.proto')) throw new Error(`${file} is not in the bundle`);
  return mapValues(services, (methods) =>
    mapValues(methods, ({ request, response, ...method }, name) => ({
      ...method,
      requestSerialize: serializer(request),
      requestDeserialize: deserializer(request, options),
      responseSerialize: serializer(response),
      responseDeserialize: deserializer(response, options),
      // gRPC's clients have this name too: `leaseGrant`.
      originalName: name[0].toLowerCase() + name.slice(1),
    })),
  );
}

const mapValues = (object, map) =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value, name)]));

const serializer = (type) => (value) => type.encode(type.fromObject(value)).finish();

const deserializer = (type, options) => (bytes) => type.toObject(type.decode(bytes), options);
