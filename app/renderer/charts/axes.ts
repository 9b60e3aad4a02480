/** What the axes of all charts share. */
export const axisLook = {
  stroke: "var(--rb-axis)",
  tickLine: false,
  axisLine: { stroke: "var(--rb-border)" },
  tick: { fontSize: 11, fill: "var(--rb-axis)" },
} as const;

export const gridLook = { stroke: "var(--rb-grid)" } as const;

export function axisTitle(text: string, side: "x" | "y") {
  return side === "x"
    ? ({ value: text, position: "insideBottom", offset: -4, fontSize: 11, fill: "var(--rb-axis)" } as const)
    : ({
        value: text,
        angle: -90,
        position: "insideLeft",
        fontSize: 11,
        fill: "var(--rb-axis)",
        style: { textAnchor: "middle" },
      } as const);
}
