/** Up to so many different numbers are kinds (codes of occupations), more are an amount. */
const mostCodes = 30;
/** Words with more different values than this name a person rather than a kind of people. */
const mostKinds = 200;
const bands = 5;
const unknown = new Set(["", "na", "n/a", "nan", "null", "none", "\\n", "unknown"]);

/**
 * What a column says of each row as a list of words, `name: value`: empty where it says nothing. Numbers of many different values become bands,
 * of ten for whole numbers up to 120 (ages), else five of about equally many rows. A sentence instead of lists where the column is
 * of no use, because nearly each row has a value of its own, or all have the same.
 */
export function attributesOfColumn(name: string, values: readonly string[]): (readonly string[])[] | string {
  const said = values.map((value) => (unknown.has(value.toLowerCase()) ? null : value));
  const different = new Set(said.filter((value) => value !== null));
  if (different.size < 2) return `the column ${name} says the same of everybody and was left out.`;
  const numbers = said.map((value) => (value === null ? null : Number(value)));
  const areNumbers = numbers.every((value) => value === null || Number.isFinite(value));
  if (areNumbers && different.size > mostCodes) {
    const bandOf = bandsOf(numbers.filter((value) => value !== null));
    return numbers.map((value) => (value === null ? [] : [`${name}: ${bandOf(value)}`]));
  }
  if (different.size > mostKinds)
    return `the column ${name} has ${String(different.size)} different values and was left out.`;
  return said.map((value) => (value === null ? [] : [`${name}: ${value}`]));
}

function bandsOf(numbers: readonly number[]): (value: number) => string {
  const ordered = [...numbers].sort((a, b) => a - b);
  const least = ordered[0] ?? 0;
  const most = ordered.at(-1) ?? 0;
  if (least >= 0 && most <= 120 && ordered.every(Number.isInteger))
    return (value) => {
      const from = 10 * Math.floor(value / 10);
      return `${String(from)}–${String(from + 9)}`;
    };
  const starts = [
    ...new Set(
      Array.from({ length: bands }, (_, band) => ordered[Math.floor((band * ordered.length) / bands)] ?? least),
    ),
  ];
  return (value) => {
    const band = starts.findLastIndex((start) => start <= value);
    const next = starts[band + 1];
    return next === undefined ? `from ${String(starts[band])}` : `${String(starts[band])} to below ${String(next)}`;
  };
}
