import {
  ActionIcon,
  Alert,
  Badge,
  Button,
  Card,
  Checkbox,
  Code,
  createTheme,
  Drawer,
  Menu,
  Modal,
  MultiSelect,
  NavLink,
  NumberInput,
  Paper,
  SegmentedControl,
  Select,
  Slider,
  Switch,
  Table,
  TableScrollContainer,
  Tabs,
  Textarea,
  TextInput,
  Tooltip,
} from "@mantine/core";
import type { CSSVariablesResolver, MantineColorsTuple } from "@mantine/core";
import { scaleColors, seriesColors, surfaces } from "./tokens.ts";

/** Petrol: the project's own accent. Shade 7 carries white text at 5.3:1. */
const petrol: MantineColorsTuple = [
  "#e8f5f8",
  "#d3e8ee",
  "#a6d1dd",
  "#75b9cb",
  "#4ba2b9",
  "#2f8ca6",
  "#1c7d97",
  "#0f6d87",
  "#075c73",
  "#004a5d",
];

/** A slightly blue charcoal; 0 is text on dark, 7 the body, 9 the deepest. */
const dark: MantineColorsTuple = [
  "#d7dde3",
  "#b6c0c9",
  "#98a4af",
  "#6b7783",
  "#3f4953",
  "#323b44",
  "#262d35",
  "#181d23",
  "#12161b",
  "#0c0f13",
];

const small = { size: "xs" } as const;

/** The list itself scrolls: a scrolling box around it would be one that the keyboard cannot reach. */
const plainList = { withScrollArea: false, styles: { dropdown: { maxHeight: 260, overflowY: "auto" } } } as const;

/** A table wider than its place: its bar is seen, and it scrolls by the keyboard, too. */
const reachable = { type: "auto", offsetScrollbars: "present", viewportProps: { tabIndex: 0 } } as const;

/** Words on the pale ground of a colour. What Mantine takes for them in the dark theme is nearly white in every colour. */
const wordsOn = (color: string) =>
  `light-dark(var(--mantine-color-${color}-light-color), var(--mantine-color-${color}-4))`;

export const theme = createTheme({
  primaryColor: "petrol",
  primaryShade: 7,
  colors: { petrol, dark },
  autoContrast: true,
  fontFamily: "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'Liberation Sans', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', 'Liberation Mono', monospace",
  headings: {
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "1.375rem", lineHeight: "1.25" },
      h2: { fontSize: "1.0625rem", lineHeight: "1.3" },
      h3: { fontSize: "0.9375rem", lineHeight: "1.35" },
    },
  },
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.125rem" },
  spacing: { xs: "0.5rem", sm: "0.75rem", md: "1rem", lg: "1.25rem", xl: "1.75rem" },
  defaultRadius: "sm",
  respectReducedMotion: true,
  components: {
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: "subtle", color: "gray", size: "md" } }),
    Alert: Alert.extend({
      vars: ({ primaryColor }, { color = primaryColor }) => ({ root: { "--alert-color": wordsOn(color) } }),
    }),
    Badge: Badge.extend({
      defaultProps: { variant: "light", radius: "sm", tt: "none", fw: 500 },
      vars: ({ primaryColor }, { color = primaryColor, variant }) => ({
        root: variant === "light" ? { "--badge-color": wordsOn(color) } : {},
      }),
    }),
    Button: Button.extend({ defaultProps: small }),
    Card: Card.extend({ defaultProps: { padding: "md", withBorder: true } }),
    // Of what Mantine takes in the light theme nothing is seen on white but that the words around it stand apart.
    Code: Code.extend({ vars: () => ({ root: { "--code-bg": "var(--rb-code)" } }) }),
    Checkbox: Checkbox.extend({ defaultProps: small }),
    Drawer: Drawer.extend({ defaultProps: { closeButtonProps: { "aria-label": "Close" } } }),
    // Its placeholder for the focus is an element that no menu may hold; without it the first item has the focus.
    Menu: Menu.extend({ defaultProps: { withInitialFocusPlaceholder: false } }),
    Modal: Modal.extend({ defaultProps: { closeButtonProps: { "aria-label": "Close" } } }),
    MultiSelect: MultiSelect.extend({ defaultProps: { ...small, ...plainList } }),
    NavLink: NavLink.extend({ defaultProps: {} }),
    NumberInput: NumberInput.extend({ defaultProps: small }),
    Paper: Paper.extend({ defaultProps: { withBorder: true } }),
    SegmentedControl: SegmentedControl.extend({
      defaultProps: small,
      // In the dark Mantine's own ground is the page's: nothing would hold the choices together.
      styles: { root: { backgroundColor: "light-dark(var(--mantine-color-gray-1), var(--mantine-color-dark-9))" } },
    }),
    Select: Select.extend({ defaultProps: { ...small, ...plainList, allowDeselect: false } }),
    Slider: Slider.extend({ defaultProps: small }),
    Switch: Switch.extend({ defaultProps: small }),
    Table: Table.extend({ defaultProps: { verticalSpacing: 5, horizontalSpacing: "sm" } }),
    TableScrollContainer: TableScrollContainer.extend({ defaultProps: { scrollAreaProps: reachable } }),
    Tabs: Tabs.extend({
      defaultProps: { keepMounted: false },
      // The line under the chosen one is all that tells it from the others.
      vars: (_theme, { variant = "default" }) => ({
        root: variant === "default" ? { "--tabs-color": "var(--rb-accent-text)" } : {},
      }),
    }),
    Textarea: Textarea.extend({ defaultProps: small }),
    TextInput: TextInput.extend({ defaultProps: small }),
    Tooltip: Tooltip.extend({
      defaultProps: {
        openDelay: 300,
        withArrow: true,
        multiline: true,
        maw: 340,
        events: { hover: true, focus: true, touch: true },
      },
    }),
  },
});

/** Every colour we name ourselves, as CSS variables for both schemes, so that charts and tables follow the theme. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: { ...surfaces.light, ...seriesVariables("light") },
  dark: { ...surfaces.dark, ...seriesVariables("dark") },
});

function seriesVariables(scheme: "light" | "dark"): Record<string, string> {
  const named = (name: string, colors: readonly string[]) =>
    Object.fromEntries(colors.map((color, index) => [`--rb-${name}-${String(index)}`, color]));
  return { ...named("series", seriesColors[scheme]), ...named("scale", scaleColors[scheme]) };
}
