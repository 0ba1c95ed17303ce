// The guestbook on three hosts, as an operator would bring it up; every command is shown before it runs.
import { resolve } from 'node:path';
import { openLab, eventually } from '@nap/lab';

const FILE = 'deploy/examples/guestbook/docker-compose.yml';
const LOCAL_PORT = Number(process.env.DEMO_PORT ?? 8080);
const lab = openLab();

const say = (text) => process.stdout.write(`${text}\n`);
const title = (text) => say(`\n\u2014\u2014 ${text}`);

async function nap(...args) {
  say(`$ nap-controller ${args.join(' ')}`);
  const { code, stdout, stderr } = await lab.exec('operator', ['nap-controller', ...args], {
    timeoutMs: 300_000,
  });
  say((stderr + stdout).trimEnd());
  if (code !== 0) throw new Error(`nap-controller ${args[0]} ended with ${code}`);
}

async function request(path) {
  const response = await fetch(`http://127.0.0.1:${LOCAL_PORT}${path}`);
  if (!response.ok) throw new Error(`the page answered ${response.status}`);
  return response.text();
}

async function postAndReadBack() {
  const message = `hello from ${new Date().toISOString()}`;
  await request(`/guestbook.php?cmd=set&key=messages&value=${encodeURIComponent(message)}`);
  // Written to the master, read from the slave on another host: replication takes a moment.
  const answer = await eventually(
    async () => {
      const text = await request('/guestbook.php?cmd=get&key=messages');
      return text.includes(message) ? text : undefined;
    },
    { what: 'the message comes back through the slave', timeoutMs: 15_000 },
  );
  say(`posted:    ${message}\nread back: ${answer.trim()}`);
}

async function up() {
  title('three hosts, each with its own network, systemd, dockerd and nap-agent; etcd; a registry');
  await lab.up({}, say);
  await nap('host', 'ls');
  title('the main job');
  await nap('apply', resolve(FILE), '-p', 'guestbook');
  title('what runs where');
  await nap('ps', 'guestbook');
  title('the name map that every container of the project sees');
  await nap('names', 'guestbook');
  title('the page');
  const { hosts } = await lab.plan();
  const { stdout } = await lab.exec('operator', [
    'nap-controller',
    'ps',
    'guestbook',
    '--format',
    'json',
  ]);
  const web = JSON.parse(stdout).find(({ service }) => service === 'web');
  if (!(await lab.forwards()).includes(LOCAL_PORT)) await lab.forward(LOCAL_PORT, web.host, 80);
  const address = hosts.find(({ name }) => name === web.host).ip;
  say(
    `http://127.0.0.1:${LOCAL_PORT}/ on this machine, http://${address}/ in the lab (${web.host})`,
  );
  await postAndReadBack();
  title('look around');
  say('npx nap-lab exec operator                  a shell with nap-controller: ls, logs -f, plan');
  say('npx nap-lab --help                         the lab: hosts, faults, shells (docs/lab.md)');
  say('npm run demo -- down                       remove all that runs (what was installed stays)');
}

async function down() {
  await lab.down();
  say('demo: nothing is left of it');
}

const verb = process.argv[2] ?? 'up';
const verbs = { up, down };
try {
  if (!Object.hasOwn(verbs, verb))
    throw new Error(`what is ${verb}? npm run demo, or npm run demo -- down`);
  await verbs[verb]();
} catch (err) {
  process.stderr.write(`demo: ${err.message}\n${err.hint ? `  ${err.hint}\n` : ''}`);
  process.exitCode = 1;
}
