/**
 * The protocol of etcd as a module: what protobufjs would generate at every start, it generates once, for the bundle. Of each
 * message how it is read and written, of each service its calls.
 */
import { createRequire } from 'node:module';

/** `file`: the protocol; `from`: who has protobufjs. */
export function protocolModule(file, from) {
  const protobuf = createRequire(from)('protobufjs');
  const root = new protobuf.Root();
  root.loadSync(file, { keepCase: true });
  const { messages, enums, services } = partsOf(root.resolveAll(), protobuf);
  return [
    "import protobuf from 'protobufjs/minimal';",
    'const { Reader, Writer, util } = protobuf;',
    `const types = {${[...enums.map(enumText), ...messages.map((it) => messageText(it, protobuf))].join(',\n')}};`,
    `export const services = {${services.map(serviceText).join(',\n')}};`,
  ].join('\n');
}

function partsOf(root, { Enum, Service, Type }) {
  const parts = { messages: [], enums: [], services: [] };
  const visit = ({ nestedArray = [] }) => {
    for (const it of nestedArray) {
      if (it instanceof Type) parts.messages.push(it);
      if (it instanceof Enum) parts.enums.push(it);
      if (it instanceof Service) parts.services.push(it);
      visit(it);
    }
  };
  visit(root);
  return parts;
}

const nameOf = ({ fullName }) => JSON.stringify(fullName.slice(1));

const enumText = (it) =>
  `${nameOf(it)}: { values: ${JSON.stringify({ ...it.valuesById, ...it.values })} }`;

/** The generators of protobufjs write functions that find other types by the number of the field. */
function messageText(type, { converter, decoder, encoder, Type }) {
  const byName = (generated) =>
    generated
      .toString()
      .replace(
        /\btypes\[(\d+)\]/g,
        (_, at) => `types[${nameOf(type.fieldsArray[at].resolvedType)}]`,
      );
  const functions = {
    ctor: Type.generateConstructor(type),
    encode: encoder(type),
    decode: decoder(type),
    fromObject: converter.fromObject(type),
    toObject: converter.toObject(type),
  };
  const texts = Object.entries(functions).map(([name, it]) => `${name}: ${byName(it)}`);
  return `${nameOf(type)}: {\n${texts.join(',\n')}\n}`;
}

function serviceText(service) {
  const methods = service.methodsArray.map(
    (method) =>
      `${method.name}: {
        path: '/${service.fullName.slice(1)}/${method.name}',
        requestStream: ${method.requestStream === true},
        responseStream: ${method.responseStream === true},
        request: types[${nameOf(method.resolvedRequestType)}],
        response: types[${nameOf(method.resolvedResponseType)}],
      }`,
  );
  return `${nameOf(service)}: {\n${methods.join(',\n')}\n}`;
}
