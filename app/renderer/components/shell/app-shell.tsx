import { Kbd, Tooltip, UnstyledButton } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconCommand } from "@tabler/icons-react";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { CommandPalette, onApple, palette } from "../commands/command-palette.tsx";
import { shortcutLabel } from "../commands/command.ts";
import { useGlobalCommands } from "../commands/global-commands.ts";
import { useDensity } from "../preferences/density.ts";
import { useLastView } from "../workspaces/use-last-view.ts";
import { WindowDrop } from "../files/window-drop.tsx";
import styles from "./app-shell.module.css";
import { ConnectionBanner } from "./connection-banner.tsx";
import { JobTray } from "./job-tray.tsx";
import { Notices } from "./notices.tsx";
import { RecoveryNotice } from "./recovery-notice.tsx";
import { rooms } from "./rooms.ts";
import { ThemeSwitch } from "./theme-switch.tsx";
import { useScreensAhead } from "./use-screens-ahead.ts";

export function AppShell() {
  useGlobalCommands();
  useDensity();
  useLastView();
  useScreensAhead();
  const main = useRef<HTMLElement>(null);
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  useEffect(() => {
    document.title = titleFor(pathname);
    main.current?.scrollTo({ top: 0 });
  }, [pathname]);
  return (
    <div className={styles["shell"]}>
      <a
        className="rb-skip-link"
        href="#main"
        onClick={(event) => {
          // The address after # is the router's.
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to content
      </a>
      <div className={styles["banner"]}>
        <ConnectionBanner />
        <RecoveryNotice />
      </div>
      <Navigation />
      <main id="main" ref={main} tabIndex={-1} className={styles["main"]}>
        <Outlet />
      </main>
      <div className={styles["tray"]}>
        <JobTray />
      </div>
      <aside aria-label="Notices" className={styles["notices"]}>
        <Notices />
      </aside>
      <CommandPalette />
      <WindowDrop />
    </div>
  );
}

function titleFor(pathname: string): string {
  const room = rooms.find(({ to }) => to !== "/" && pathname.startsWith(to));
  return room === undefined ? "Reelbench" : `${room.label} · Reelbench`;
}

function Navigation() {
  const narrow = useMediaQuery("(max-width: 1100px)", false, { getInitialValueInEffect: false });
  const apple = onApple();
  return (
    <nav className={styles["nav"]} aria-label="Main">
      <div className={styles["brand"]}>
        <img src="./icon.svg" alt="" width={24} height={24} />
        <span className={styles["label"]}>Reelbench</span>
      </div>
      {rooms.map(({ id, label, to, icon: IconComponent }) => (
        <NavigationItem
          key={id}
          id={id}
          label={label}
          to={to}
          narrow={narrow}
          icon={<IconComponent size={18} stroke={1.7} aria-hidden />}
        />
      ))}
      <div className={styles["spacer"]} />
      <Tooltip label={`All commands (${shortcutLabel("mod+k", apple)})`} position="right" disabled={!narrow}>
        <UnstyledButton className={styles["link"]} onClick={palette.open}>
          <IconCommand size={18} stroke={1.7} aria-hidden />
          <span className={styles["label"]}>Commands</span>
          {!narrow && (
            <Kbd size="xs" ml="auto">
              {shortcutLabel("mod+k", apple)}
            </Kbd>
          )}
        </UnstyledButton>
      </Tooltip>
      <ThemeSwitch narrow={narrow} />
    </nav>
  );
}

interface NavigationItemProps {
  readonly id: string;
  readonly label: string;
  readonly to: (typeof rooms)[number]["to"];
  readonly narrow: boolean;
  readonly icon: React.ReactNode;
}

function NavigationItem({ id, label, to, narrow, icon }: NavigationItemProps) {
  return (
    <Tooltip label={label} position="right" disabled={!narrow}>
      <Link to={to} className={styles["link"] ?? ""} activeOptions={{ exact: id === "home", includeSearch: false }}>
        {icon}
        <span className={styles["label"]}>{label}</span>
      </Link>
    </Tooltip>
  );
}
