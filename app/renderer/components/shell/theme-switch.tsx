import { ActionIcon, SegmentedControl, Tooltip, useMantineColorScheme } from "@mantine/core";
import type { MantineColorScheme } from "@mantine/core";
import { IconDeviceDesktop, IconMoon, IconSun } from "@tabler/icons-react";

const schemes = [
  { value: "light", label: "Light", icon: IconSun },
  { value: "dark", label: "Dark", icon: IconMoon },
  { value: "auto", label: "System", icon: IconDeviceDesktop },
] as const;

export function ThemeSwitch({ narrow }: { readonly narrow: boolean }) {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  if (narrow) return <ThemeCycle scheme={colorScheme} onChange={setColorScheme} />;
  return (
    <SegmentedControl
      fullWidth
      mt={6}
      aria-label="Theme"
      value={colorScheme}
      onChange={setColorScheme}
      data={schemes.map(({ value, label, icon: IconComponent }) => ({
        value,
        label: (
          <Tooltip label={`${label} theme`}>
            <span style={{ display: "grid", placeItems: "center", minHeight: 18 }}>
              <IconComponent size={15} aria-hidden />
              <span className="rb-visually-hidden">{label}</span>
            </span>
          </Tooltip>
        ),
      }))}
    />
  );
}

function ThemeCycle({
  scheme,
  onChange,
}: {
  readonly scheme: MantineColorScheme;
  readonly onChange: (scheme: MantineColorScheme) => void;
}) {
  const index = schemes.findIndex(({ value }) => value === scheme);
  const current = schemes[index] ?? schemes[2];
  const next = schemes[(index + 1) % schemes.length] ?? schemes[0];
  const IconComponent = current.icon;
  return (
    <Tooltip label={`Theme: ${current.label}`} position="right">
      <ActionIcon
        mx="auto"
        aria-label={`Theme: ${current.label}. Change to ${next.label}`}
        onClick={() => onChange(next.value)}
      >
        <IconComponent size={17} />
      </ActionIcon>
    </Tooltip>
  );
}
