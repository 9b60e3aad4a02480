import { MantineProvider, Menu } from "@mantine/core";
import axe from "axe-core";
import { act } from "react";
import { createRoot } from "react-dom/client";
import type { Root } from "react-dom/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { theme } from "./theme.ts";

const pressed = vi.fn<(item: string) => void>();
let root: Root;

beforeEach(async () => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  vi.stubGlobal("matchMedia", () => ({
    matches: false,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  }));
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe = () => undefined;
      unobserve = () => undefined;
      disconnect = () => undefined;
    },
  );
  document.body.innerHTML = "<div></div>";
  root = createRoot(document.body.firstElementChild ?? document.body);
  await act(async () => {
    root.render(
      // As in tests of Mantine's own: no transitions, and what is shown in a portal is there at once.
      <MantineProvider theme={theme} env="test">
        <Menu>
          <Menu.Target>
            <button type="button">Actions</button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => pressed("pin")}>Pin</Menu.Item>
            <Menu.Item disabled>Withdraw</Menu.Item>
            <Menu.Item onClick={() => pressed("restore")}>Restore</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </MantineProvider>,
    );
  });
});
afterEach(async () => {
  await act(async () => root.unmount());
  vi.unstubAllGlobals();
  pressed.mockClear();
});

const target = () => document.querySelector("button") ?? document.body;
/** The focus is set and given back a moment later. */
const soon = () => act(() => new Promise((resolve) => setTimeout(resolve, 40)));

async function open(): Promise<void> {
  await act(async () => {
    target().focus();
    target().click();
  });
  await soon();
}

async function press(key: string): Promise<void> {
  await act(async () => {
    const event = new KeyboardEvent("keydown", { key, code: key, bubbles: true, cancelable: true });
    document.activeElement?.dispatchEvent(event);
  });
  await soon();
}

it("holds nothing that a menu may not hold", async () => {
  await open();
  expect(document.querySelectorAll("[role=menuitem]")).toHaveLength(3);
  const { violations } = await axe.run("[role=menu]", {
    runOnly: ["aria-required-children", "aria-required-parent", "aria-allowed-role", "presentation-role-conflict"],
  });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""}`)).toEqual([]);
});

it("is walked through with the arrow keys, and left with Escape", async () => {
  await open();
  expect(document.activeElement?.textContent).toBe("Pin");
  const walked: (string | null | undefined)[] = [];
  for (const key of ["ArrowDown", "ArrowDown", "ArrowUp", "ArrowUp"]) {
    await press(key);
    walked.push(document.activeElement?.textContent);
  }
  expect(walked).toEqual(["Restore", "Pin", "Restore", "Pin"]);
  await press("Escape");
  expect(document.querySelector("[role=menu]")).toBeNull();
  expect(document.activeElement).toBe(target());
});
