import { Tabs } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconHelp } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { InTurn } from "../../charts/in-turn.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { Screen } from "../../components/screen.tsx";
import { settingsSections } from "../../search-params.ts";
import { About } from "./about.tsx";
import { Appearance } from "./appearance.tsx";
import { Keyboard } from "./keyboard.tsx";
import { LimitsForm } from "./limits-form.tsx";
import { Logs } from "./logs.tsx";

type Section = (typeof settingsSections)[number];

const titles: Readonly<Record<Section, string>> = {
  appearance: "Appearance",
  limits: "Memory and threads",
  keyboard: "Keyboard",
  logs: "Logs and reports",
  about: "About and recovery",
};
const content: Readonly<Record<Section, () => React.ReactNode>> = {
  appearance: Appearance,
  limits: LimitsForm,
  keyboard: Keyboard,
  logs: Logs,
  about: About,
};

export function SettingsScreen() {
  const { section = "appearance" } = useSearch({ from: "/settings" });
  const navigate = useNavigate({ from: "/settings" });
  const narrow = useMediaQuery("(max-width: 1100px)", false, { getInitialValueInEffect: false });
  const choose = (value: string | null) => {
    const chosen = settingsSections.find((known) => known === value);
    if (chosen !== undefined) void navigate({ search: { section: chosen }, replace: true });
  };
  return (
    <Screen
      title="Settings"
      width={1160}
      actions={
        <LinkButton variant="default" to="/help" leftSection={<IconHelp size={15} aria-hidden />}>
          Metrics and what they mean
        </LinkButton>
      }
    >
      <Tabs
        value={section}
        onChange={choose}
        orientation={narrow ? "horizontal" : "vertical"}
        variant="pills"
        styles={{ tabLabel: { textAlign: "start" } }}
      >
        <Tabs.List aria-label="Settings" mr={narrow ? 0 : "lg"} mb={narrow ? "md" : 0} miw={narrow ? undefined : 180}>
          {settingsSections.map((id) => (
            <Tabs.Tab key={id} value={id}>
              {titles[id]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {settingsSections.map((id) => {
          const Content = content[id];
          return (
            <Tabs.Panel key={id} value={id} style={{ minWidth: 0 }}>
              <InTurn height={360}>
                <Content />
              </InTurn>
            </Tabs.Panel>
          );
        })}
      </Tabs>
    </Screen>
  );
}
