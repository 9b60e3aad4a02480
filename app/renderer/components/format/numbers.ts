/** Numbers as people read them here. One locale throughout, so that a figure looks the same in a table, a chart and a copy. */
const locale = "en-GB";
const integer = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
// The British short form of a million is "m", which reads as metres or milli here.
const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });
const minus = "−";
const typographic = (text: string) => text.replace("-", minus);

/** 100000 → "100,000". */
export function formatCount(value: number): string {
  return typographic(integer.format(value));
}

/** 25_000_095 → "25M"; for axes and small badges. */
export function formatCompact(value: number): string {
  return typographic(compact.format(value));
}

/** "1 rating", "1,682 ratings". */
export function formatQuantity(value: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(value)} ${value === 1 ? singular : plural}`;
}

/** A fixed number of decimals, so that columns line up. */
export function formatDecimal(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return "–";
  const rounded = value.toFixed(decimals);
  return typographic(Number(rounded) === 0 ? rounded.replace("-", "") : rounded);
}

/** With its sign always shown: "+0.0123", "−0.0040", "0.0000". */
export function formatSigned(value: number, decimals = 4): string {
  const text = formatDecimal(value, decimals);
  return Number.isFinite(value) && Number(value.toFixed(decimals)) > 0 ? `+${text}` : text;
}

/** 0…1 as a percentage with enough digits to be told from 0 and from 100 %. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent === 0) return "0%";
  if (percent < 0.1) return `${percent.toPrecision(2)}%`;
  if (percent > 99.95 && percent < 100) return ">99.9%";
  return `${typographic(percent.toFixed(percent < 10 ? 2 : 1))}%`;
}

/** A probability: never "0". */
export function formatPValue(p: number): string {
  if (p < 0.001) return "< 0.001";
  return p.toFixed(3);
}

/** A number with a few significant digits and no needless zeros: scores, hyperparameters, axis ticks. */
export function formatGeneral(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e6) return formatCount(value);
  if (size >= 1e6 || size < 1e-4) return typographic(String(Number(value.toPrecision(3))));
  return typographic(String(Number(value.toPrecision(4))));
}

const byteUnits = ["B", "kB", "MB", "GB", "TB"] as const;

/** Decimal units, as file managers show them: 1_979_173 → "1.98 MB". */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < byteUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const text = unit === 0 ? String(Math.round(value)) : value.toPrecision(3);
  return `${text} ${byteUnits[unit] ?? "B"}`;
}
