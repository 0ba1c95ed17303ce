type Rounding = (value: number) => number;

const UNITS: readonly (readonly [string, number])[] = [
  ['GiB', 1024 ** 3],
  ['MiB', 1024 ** 2],
  ['KiB', 1024],
];

/** What is needed is rounded up and what is free down: the sentence must not look as if it fitted. */
const toTenth = (value: number, round: Rounding): string => String(round(value * 10) / 10);

/** `64 MiB`, in sentences. */
export function memoryText(bytes: number, round: Rounding = Math.round): string {
  const [unit, size] = UNITS.find(([, unitSize]) => bytes >= unitSize) ?? ['B', 1];
  return `${toTenth(bytes / size, round)} ${unit}`;
}
