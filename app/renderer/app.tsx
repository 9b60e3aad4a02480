import { Combobox, MantineProvider, mergeThemeOverrides } from "@mantine/core";
import { RouterProvider } from "@tanstack/react-router";
import { CommandsProvider } from "./components/commands/commands-context.tsx";
import { router } from "./router.tsx";
import { cssVariables, theme } from "./theme/theme.ts";
import { EngineProvider } from "./transport/engine-context.tsx";
import type { Connection } from "./transport/keep-connected.ts";

/** A list of choices is drawn when it is opened. Kept ready while closed, each would be measured and placed with every screen. */
const ofApp = mergeThemeOverrides(theme, {
  components: { Combobox: Combobox.extend({ defaultProps: { keepMounted: false } }) },
});

export function App({ connection }: { readonly connection: Connection }) {
  return (
    <MantineProvider theme={ofApp} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      <EngineProvider connection={connection}>
        <CommandsProvider>
          <RouterProvider router={router} />
        </CommandsProvider>
      </EngineProvider>
    </MantineProvider>
  );
}
