import { loadText, problemText } from './testing/load-texts.js';

/** What people get wrong most, and what they are told: place, key and the way out. */
test.each<readonly [string, string, string]>([
  [
    'a key that is nearly right',
    'services:\n  web:\n    image: i\n    enviroment: {A: 1}\n',
    '4:5  error  services.web.enviroment: unknown key\n    did you mean "environment"?',
  ],
  [
    'half of a word',
    'services:\n  web: {image: i, depends_on: {db: {condition: healthy}}}\n  db: {image: i}\n',
    '2:48  error  services.web.depends_on.db.condition: "healthy" is not one of service_started, service_healthy, service_completed_successfully\n    did you mean "service_healthy"?',
  ],
  [
    'a list item that is a mapping',
    'services:\n  web:\n    image: i\n    environment:\n      - A: 1\n',
    '5:9  error  services.web.environment[0]: must be a string, and is a mapping\n    "A:" with a space after it makes a mapping: quote the whole, or write "A=…" where that is meant',
  ],
  [
    'a colon that is missing',
    'services:\n  web:\n    image nginx\n',
    '3:5  error  services.web: must be a mapping, and is a string\n    a key ends with a colon: "image: …"',
  ],
  [
    'a parent that is nearly right',
    'services:\n  web: {extends: bas}\n  base: {image: i}\n',
    'service "bas" not found in /srv/shop/compose.yml\n    did you mean "base"?',
  ],
  [
    'tabs',
    'services:\n\tweb: {image: i}\n',
    '2:1  error  not valid YAML: tabs are not allowed as indentation\n    indent with spaces',
  ],
  [
    'a quote that is not closed',
    'services:\n  web:\n    image: "i\n',
    '3:12  error  not valid YAML: the quote that is opened here is not closed\n    close it, or put what has a quote in it into quotes of the other kind',
  ],
  [
    'keys that do not line up',
    'services:\n  web:\n    image: i\n   command: x\n',
    'all mapping items must start at the same column\n    line it up with the other keys or items that it belongs to',
  ],
  [
    'a colon inside of a text',
    'services:\n  web:\n    image: i\n    command: echo a: b\n',
    '4:14  error  not valid YAML: nested mappings are not allowed in compact mappings\n    a text with ": " in it goes in quotes',
  ],
  [
    'a number for a text',
    'services: {web: {image: i, user: 1000}}',
    '1:34  error  services.web.user: must be a string, and is a number\n    write it in quotes: "1000"',
  ],
  [
    'a service outside of services',
    'services: {}\nweb: {command: x}\n',
    '2:1  error  web: looks like a service, and stands at the top level, beside "services" in line 1\n    indent it and what follows under "services:"',
  ],
])('%s', async (_what, text, expected) => {
  expect(problemText(await loadText(text))).toContain(expected);
});
