import type { ScalingResult } from "./describe.ts";

const [width, height] = [880, 520];
const plot = { left: 64, right: 640, top: 24, bottom: 468 };
/** Told apart by people with any colour vision (Okabe & Ito), then by dashes. */
const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];
const dashes = ["", "6 3", "2 3"];

/** Seconds against ratings, both logarithmic, one line for each algorithm. */
export function drawScaling({ curves }: ScalingResult): string {
  const points = curves.flatMap((curve) => curve.points);
  if (points.length === 0) return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"/>\n`;
  const x = axis(
    points.map(({ ratings }) => ratings),
    plot.left,
    plot.right,
  );
  const y = axis(
    points.map(({ seconds }) => seconds),
    plot.bottom,
    plot.top,
  );
  const grid = [
    ...x.ticks.map((tick) => line(x.at(tick), plot.top, x.at(tick), plot.bottom)),
    ...y.ticks.map((tick) => line(plot.left, y.at(tick), plot.right, y.at(tick))),
    ...x.ticks.map((tick) => text(x.at(tick), plot.bottom + 18, `${tick / 1e6} M`, "middle")),
    ...y.ticks.map((tick) => text(plot.left - 8, y.at(tick) + 4, `${tick} s`, "end")),
    text((plot.left + plot.right) / 2, plot.bottom + 42, "ratings", "middle"),
  ];
  const lines = curves.map((curve, at) => {
    const stroke = `stroke="${colours[at % colours.length] ?? ""}" stroke-dasharray="${dashes[Math.floor(at / colours.length) % dashes.length] ?? ""}"`;
    const path = curve.points.map((of) => `${x.at(of.ratings).toFixed(1)},${y.at(of.seconds).toFixed(1)}`).join(" ");
    const row = plot.top + 8 + at * 19;
    const exponent = curve.timeExponent === null ? "" : `, n^${curve.timeExponent.toFixed(2)}`;
    return [
      `<polyline points="${path}" fill="none" stroke-width="2" ${stroke}/>`,
      `<line x1="${plot.right + 16}" y1="${row}" x2="${plot.right + 44}" y2="${row}" stroke-width="2" ${stroke}/>`,
      text(plot.right + 50, row + 4, `${curve.name}${exponent}`, "start"),
    ].join("\n");
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" role="img">
<title>Processor seconds of a fit against the number of ratings</title>
<rect width="${width}" height="${height}" fill="white"/>
${[...grid, ...lines].join("\n")}
</svg>
`;
}

/** Logarithmic, with a tick at each power of ten in reach. */
function axis(values: readonly number[], from: number, to: number) {
  const [low, high] = [Math.log10(Math.min(...values)), Math.log10(Math.max(...values))];
  const span = high - low || 1;
  const powers = Array.from({ length: Math.floor(high) - Math.ceil(low) + 1 }, (_, at) => Math.ceil(low) + at);
  return {
    at: (value: number) => from + ((Math.log10(value) - low) / span) * (to - from),
    ticks: powers.map((power) => Number(`1e${power}`)),
  };
}

function line(x1: number, y1: number, x2: number, y2: number): string {
  return `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="#ddd"/>`;
}

function text(x: number, y: number, words: string, anchor: "start" | "middle" | "end"): string {
  const escaped = words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="#333">${escaped}</text>`;
}
