/** One line of Prometheus' text format. */
export interface PrometheusSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const line = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?\s+(\S+)/;
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

/** What a server tells (exposition format 0.0.4). Lines that are none are left out: the text comes from outside. */
export function parsePrometheus(text: string): PrometheusSample[] {
  return text.split("\n").flatMap((each) => {
    const found = each.startsWith("#") ? null : line.exec(each);
    const [, name, given = "", number] = found ?? [];
    if (name === undefined || number === undefined) return [];
    const value = number === "+Inf" ? Infinity : number === "-Inf" ? -Infinity : Number(number);
    if (Number.isNaN(value)) return [];
    const labels = [...given.matchAll(label)].map(([, key = "", inner = ""]) => [key, unescaped(inner)] as const);
    return [{ name, labels: Object.fromEntries(labels), value }];
  });
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, character: string) => (character === "n" ? "\n" : character));
}
