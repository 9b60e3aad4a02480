import { Card, SegmentedControl, Stack, Text, Title, useMantineColorScheme } from "@mantine/core";
import { densityChoice } from "../../components/preferences/density.ts";
import type { Density } from "../../components/preferences/density.ts";
import { useStoredValue } from "../../components/preferences/stored-value.ts";

export function Appearance() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const density = useStoredValue(densityChoice);
  return (
    <Stack gap="md">
      <Card>
        <Title order={2} mb="xs">
          Theme
        </Title>
        <SegmentedControl
          aria-label="Theme of the window"
          value={colorScheme}
          onChange={setColorScheme}
          data={[
            { value: "light", label: "Light" },
            { value: "dark", label: "Dark" },
            { value: "auto", label: "As the system" },
          ]}
        />
      </Card>
      <Card>
        <Title order={2}>Density</Title>
        <Text size="sm" c="dimmed" mb="xs">
          Of tables: more rows at once, or more room for each.
        </Text>
        <SegmentedControl<Density>
          aria-label="Density of tables"
          value={density}
          onChange={densityChoice.set}
          data={[
            { value: "compact", label: "Compact" },
            { value: "comfortable", label: "Comfortable" },
          ]}
        />
      </Card>
    </Stack>
  );
}
