/** Surfaces and text, by scheme. Muted text keeps at least 4.5:1 against every surface it stands on. */
export const surfaces = {
  light: {
    "--mantine-color-body": "#ffffff",
    "--mantine-color-dimmed": "#56616c",
    "--mantine-color-placeholder": "#67727d",
    "--mantine-color-error": "#b4232c",
    "--mantine-color-default-border": "#d3dae0",
    "--rb-page": "#f5f7f9",
    "--rb-surface": "#ffffff",
    "--rb-sunken": "#eef2f5",
    "--rb-hover": "#edf3f6",
    "--rb-selected": "#dceef3",
    "--rb-code": "#eef2f5",
    "--rb-border": "#dde3e8",
    "--rb-grid": "#e3e8ec",
    "--rb-axis": "#56616c",
    "--rb-good": "#17703a",
    "--rb-bad": "#b4232c",
    "--rb-warn": "#8a5a00",
    "--rb-accent-text": "#0f6d87",
    "--rb-point-muted": "#8a949d",
  },
  dark: {
    "--mantine-color-body": "#181d23",
    "--mantine-color-dimmed": "#a3aeb9",
    "--mantine-color-placeholder": "#8e9aa6",
    "--mantine-color-error": "#ff8a8a",
    "--mantine-color-default-border": "#39434d",
    // Mantine's own are next to black here: a badge would be a hole in its card.
    "--mantine-color-gray-light": "#2b333c",
    "--mantine-color-petrol-light": "#122e38",
    "--rb-page": "#12161b",
    "--rb-surface": "#181d23",
    "--rb-sunken": "#12161b",
    "--rb-hover": "#212830",
    "--rb-selected": "#163743",
    "--rb-code": "#262d35",
    "--rb-border": "#2b333c",
    "--rb-grid": "#2a323a",
    "--rb-axis": "#a3aeb9",
    "--rb-good": "#69d08f",
    "--rb-bad": "#ff8a8a",
    "--rb-warn": "#e5b454",
    "--rb-accent-text": "#6cc3d9",
    "--rb-point-muted": "#6f7a85",
  },
} as const;

/** Told apart by people with any common colour vision, and at least 3:1 against their surface. */
export const seriesColors = {
  light: ["#0f6d87", "#c2570c", "#6b46c1", "#2b7a3d", "#b83280", "#92700c", "#475569", "#2563c9"],
  dark: ["#4fbdd6", "#f2994a", "#b39bf5", "#68cf8c", "#f287b7", "#dfbb4f", "#a9b6c5", "#7aaef7"],
} as const;

/** From little to much, each step further from the surface; all at least 3:1 against it, and in order without any hue. */
export const scaleColors = {
  light: ["#1f9e89", "#26828e", "#31688e", "#3e4989", "#482878", "#440154"],
  dark: ["#2f8a96", "#22a187", "#4ac16d", "#86d549", "#c2df23", "#fde725"],
} as const;
export const scaleCount = 6;

export const seriesCount = 8;

/** Colour of the n-th series; beyond the palette it repeats, and the dash pattern tells them apart. */
export function seriesColor(index: number): string {
  return `var(--rb-series-${String(index % seriesCount)})`;
}

export function seriesDash(index: number): string | undefined {
  const round = Math.floor(index / seriesCount);
  return round === 0 ? undefined : round === 1 ? "6 3" : "2 3";
}

/** A colour as a scheme has it, for drawings that know no custom properties. */
export function themeColor(scheme: "light" | "dark", property: string): string {
  const palette: Readonly<Record<string, string>> = surfaces[scheme];
  const [, kind, place] = /^--rb-(series|scale)-(\d+)$/.exec(property) ?? [];
  if (kind === undefined) return palette[property] ?? "gray";
  return (kind === "series" ? seriesColors : scaleColors)[scheme][Number(place)] ?? "gray";
}
