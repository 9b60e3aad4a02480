import type { SplitProtocol } from "../../../../core/contract/entities.ts";

/**
 * Five people, their ratings over time as squares: filled ones are trained on, outlined ones tested. A picture of the
 * protocol, not of the data.
 */
const people: readonly (readonly number[])[] = [
  [0.04, 0.12, 0.2, 0.3, 0.38, 0.47, 0.55],
  [0.1, 0.22, 0.35, 0.48, 0.6, 0.74, 0.9],
  [0.3, 0.36, 0.44, 0.5, 0.58, 0.66],
  [0.05, 0.25, 0.45, 0.62, 0.78, 0.84, 0.93, 0.97],
  [0.86, 0.9, 0.94, 0.98],
];

const width = 232;
const left = 14;
const rowHeight = 15;
const side = 7;

export function SplitPicture({ protocol, label }: { readonly protocol: SplitProtocol; readonly label: string }) {
  const height = people.length * rowHeight + 16;
  const cut =
    protocol.protocol === "global-temporal" || protocol.protocol === "rolling-origin" ? 1 - protocol.testShare : null;
  const x = (time: number) => left + time * (width - left - side - 4);
  return (
    <svg viewBox={`0 0 ${String(width)} ${String(height)}`} width={width} height={height} role="img" aria-label={label}>
      {people.map((times, person) => (
        <g key={person}>
          <circle cx={5} cy={person * rowHeight + 8} r={3} fill="var(--rb-axis)" />
          {times.map((time, index) => (
            <Square
              key={time}
              x={x(time)}
              y={person * rowHeight + 4.5}
              look={lookOf(protocol, person, index, times.length, time)}
            />
          ))}
        </g>
      ))}
      {cut !== null && (
        <line
          x1={x(cut) - 2}
          x2={x(cut) - 2}
          y1={0}
          y2={height - 14}
          stroke="var(--rb-series-1)"
          strokeDasharray="3 2"
        />
      )}
      <text x={left} y={height - 2} fontSize={9} fill="var(--rb-axis)">
        time →
      </text>
      <text x={width} y={height - 2} fontSize={9} fill="var(--rb-axis)" textAnchor="end">
        {legendOf(protocol)}
      </text>
    </svg>
  );
}

function legendOf(protocol: SplitProtocol): string {
  switch (protocol.protocol) {
    case "k-fold":
      return "shades: folds, each tested once";
    case "rolling-origin":
      return "shades: windows, tested in turn";
    case "held-out-users":
      return "■ trained on or given   □ tested";
    case "global-temporal":
    case "per-user-temporal":
    case "leave-last-out":
    case "random":
    case "predefined":
      return "■ trained on   □ tested";
  }
}

type Look =
  | { readonly kind: "train" }
  | { readonly kind: "test" }
  | { readonly kind: "fold"; readonly fold: number; readonly folds: number };

/** Same numbers every time: a picture must not flicker. */
function scattered(person: number, index: number): number {
  return ((person * 7 + index * 5 + person * index * 3) % 11) / 11;
}

function lookOf(protocol: SplitProtocol, person: number, index: number, count: number, time: number): Look {
  switch (protocol.protocol) {
    case "global-temporal":
      return { kind: time > 1 - protocol.testShare ? "test" : "train" };
    case "per-user-temporal":
      return { kind: index >= count - Math.max(1, Math.round(count * protocol.testShare)) ? "test" : "train" };
    case "rolling-origin": {
      const window = Math.ceil(((time - 1 + protocol.testShare) / protocol.testShare) * protocol.cutoffs);
      return window <= 0 ? { kind: "train" } : { kind: "fold", fold: window, folds: protocol.cutoffs + 1 };
    }
    case "held-out-users":
      // Two of the five people stand for those held out.
      return { kind: person % 3 === 1 && index >= Math.round(count * protocol.foldInShare) ? "test" : "train" };
    case "predefined":
      return { kind: scattered(person, index) < 0.2 ? "test" : "train" };
    case "leave-last-out":
      return { kind: index === count - 1 ? "test" : "train" };
    case "random":
      return { kind: scattered(person, index) < protocol.testShare ? "test" : "train" };
    case "k-fold":
      return { kind: "fold", fold: Math.floor(scattered(person, index) * protocol.folds), folds: protocol.folds };
  }
}

function Square({ x, y, look }: { readonly x: number; readonly y: number; readonly look: Look }) {
  if (look.kind === "test")
    return (
      <rect
        x={x + 0.6}
        y={y + 0.6}
        width={side - 1.2}
        height={side - 1.2}
        fill="none"
        stroke="var(--rb-series-1)"
        strokeWidth={1.4}
      />
    );
  const opacity = look.kind === "fold" ? 0.25 + (0.75 * look.fold) / Math.max(1, look.folds - 1) : 1;
  return <rect x={x} y={y} width={side} height={side} fill="var(--rb-series-0)" opacity={opacity} />;
}
