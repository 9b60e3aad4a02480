import { MantineProvider } from "@mantine/core";
import { RouterProvider } from "@tanstack/react-router";
import { CommandsProvider } from "./components/commands/commands-context.tsx";
import { router } from "./router.tsx";
import { cssVariables, theme } from "./theme/theme.ts";
import { EngineProvider } from "./transport/engine-context.tsx";
import type { Connection } from "./transport/keep-connected.ts";

export function App({ connection }: { readonly connection: Connection }) {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      <EngineProvider connection={connection}>
        <CommandsProvider>
          <RouterProvider router={router} />
        </CommandsProvider>
      </EngineProvider>
    </MantineProvider>
  );
}
