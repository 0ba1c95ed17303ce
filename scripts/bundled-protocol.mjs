/**
 * Takes the place of @grpc/proto-loader in the bundles: the protocol of etcd, which was parsed when they were made. It gives
 * what etcd3 makes its clients of, and leaves out the descriptors, which only reflection asks for.
 */
import protocol from 'nap:etcd-protocol';
import protobuf from 'protobufjs/light';

export function loadSync(file, options) {
  if (!file.endsWith('/rpc.proto')) throw new Error(`${file} is not in the bundle`);
  const root = protobuf.Root.fromJSON(protocol).resolveAll();
  const services = root.nestedArray.flatMap(({ nestedArray = [] }) =>
    nestedArray.filter((it) => it instanceof protobuf.Service),
  );
  return Object.fromEntries(
    services.map((service) => [nameOf(service), definitionOf(service, options)]),
  );
}

const nameOf = ({ fullName }) => fullName.slice(1);

const definitionOf = (service, options) =>
  Object.fromEntries(
    service.methodsArray.map((method) => [
      method.name,
      {
        path: `/${nameOf(service)}/${method.name}`,
        requestStream: method.requestStream === true,
        responseStream: method.responseStream === true,
        requestSerialize: serializer(method.resolvedRequestType),
        requestDeserialize: deserializer(method.resolvedRequestType, options),
        responseSerialize: serializer(method.resolvedResponseType),
        responseDeserialize: deserializer(method.resolvedResponseType, options),
        // gRPC's clients have this name too: `leaseGrant`.
        originalName: method.name[0].toLowerCase() + method.name.slice(1),
      },
    ]),
  );

const serializer = (type) => (value) => type.encode(type.fromObject(value)).finish();

const deserializer = (type, options) => (bytes) => type.toObject(type.decode(bytes), options);
