/**
 * Where nap reads a file otherwise than Docker Compose 2.40 on purpose, and why. A case that agrees again has no place here:
 * its test fails then.
 */
export const KNOWN_DIFFERENCES: Readonly<Record<string, string>> = {
  // Compose has changed since: nap does as its newest versions.
  'include: both define a service': 'newer versions merge the outer over the included',
  'include: variables without a value, in a mapping': 'newer versions take them from the include',
  'interpolation: the unused side is not evaluated': 'newer versions evaluate what is used',
  'services: depends_on with words for true': 'newer versions cast the text',
  'volumes: long bind without more': 'newer versions create the path in the long form too',
  'volumes: long bind that creates no path': 'newer versions print the false',

  // nap is kinder: there is only one thing that the file can mean.
  'attributes: blkio, the weight as a text': 'variables are texts',
  'attributes: cpu times with a unit': 'the specification has units',
  'attributes: cpu_percent with a fraction': 'it is a number like others',
  'attributes: devices without a target': 'it is the path on the host',
  'attributes: flags as the digits and letters of Go': 'they are what Go takes for true and false',
  'attributes: group_add twice the same': 'twice is no more than once',
  'attributes: logging with true for an option': 'every option is a text',
  'attributes: networks with a list of driver options': 'as in labels',
  'attributes: options of networks, a priority as a text': 'variables are texts',
  'attributes: real-time cpu with a unit': 'the specification has units',
  'attributes: storage_opt as a list': 'as in labels',
  'attributes: volumes of tmpfs with a mode as a text': 'variables are texts',
  'attributes-merge: the same again': 'an override may repeat what is there',
  'files: version as a number': 'the version means nothing, of whatever type',
  'services: resources as a number': 'a number of bytes needs no quotes',
  'services: volume_driver': 'files of versions 1 and 2 have it',
  'services: version 3 with its keys': 'stacks of version 3 have cgroupns_mode',
  'volumes: named with one letter': 'hosts run Linux: "v:" is no drive',
  'yaml: a number as a key': 'a key is text, however it looks',
  'yaml: a number as a service name': 'a key is text, however it looks',
  'yaml: a long integer': 'it keeps its digits',
  'yaml: large and small floats': 'they keep their digits, as people write them',
  'yaml: an empty document among others': 'it says nothing',

  // nap says what is wrong, where Docker Compose leaves it to the engine or drops it.
  'attributes: a mac_address that is none': 'the engine refuses it',
  'attributes: cap_add of an unknown name': 'the engine refuses it',
  'attributes: cpus and cpu_quota': 'the engine refuses both together',
  'attributes: dns that is no address': 'the engine refuses it',
  'attributes: memory without a limit': 'no key at all says so; the engine refuses it',
  'attributes: memory, too little': 'the engine refuses it',
  'attributes: platform of upper case': 'no image has such a platform',
  'attributes: security_opt of another word': 'the engine refuses it',
  'attributes: stop_signal of an unknown name': 'the engine refuses it',
  'attributes: swap without memory': 'the engine refuses it',
  'attributes: tmpfs of a relative path': 'the engine refuses it',
  'attributes: ulimits of an unknown name': 'the container does not start',
  'attributes: ulimits of upper case': 'the engine refuses it',
  'attributes: ulimits, soft over hard': 'the engine refuses it',
  'attributes: working_dir of a relative path': 'the engine refuses it',
  'env-files: text after a quote': 'Docker Compose makes a variable without a name of it',
  'ports: expose of a mapping': 'the engine refuses it',
  'services: a negative duration': 'it means nothing',
  'services: an environment entry with a space before it': 'the space would belong to the name',
  'services: deploy of a mode that is none': 'no engine knows the mode',
  'services: restart of another word': 'the engine refuses it',
  'volumes: Windows paths': 'hosts run Linux',

  'attributes: not all of the environment':
    'Docker Compose 2.40 reads the files in spite of the flag',

  'attributes: not interpolated': 'what has variables stays as it is written',
  'flags: variables of the name': 'the name of the project can have variables like anything else',

  'interpolation: never in keys':
    'Docker Compose doubles the dollars of keys in its output, where they stay doubled when it is read',

  // What is printed can be read again, and means the same then.
  'attributes: an empty network_mode': 'it is the default, as it is when the output is read again',
  'attributes: configs of an empty content': 'without it the config comes from nowhere',
  'attributes: mem_swappiness of zero': 'zero swaps least, and is not the default',
  'attributes: security_opt with a file': 'the path holds wherever the output is',

  // Different data that means the same.
  'attributes: blkio of devices': 'Docker Compose prints keys that it does not read',
  'attributes-merge: blkio by device': 'as above',
  'attributes-merge: secrets by target, in two ways': 'they are one file: the later one wins',
  'merge: extra_hosts': 'Docker Compose lists an address twice',
  'merge: ports': 'one port in short and long form is one port: Docker Compose keeps both',
  'ports: the same port twice is one': 'as above',
  'services: command with an operator':
    'Docker Compose drops the rest of the command; nap keeps the words and warns',
  'services: blkio': 'Docker Compose prints keys that it does not read',
  'services: x- of a service': 'Docker Compose leaves it out of JSON, and not out of YAML',

  // What nap refuses or ignores anyway is passed through as it is written.
  'attributes: pull_policy refresh': 'Docker Compose drops pull_refresh_after',
  'services: develop': 'ignored by nap',
  'services: models': 'refused by nap',
  'services: provider': 'refused by nap',
};
