import { expect, it } from "vitest";
import { isPermissionGranted } from "./permission.ts";

const ours = { url: "app://reelbench/compare", isMainFrame: true };

it("lets our own page copy to the clipboard", () => {
  expect(isPermissionGranted({ permission: "clipboard-sanitized-write", ...ours })).toBe(true);
});

it.each([
  "clipboard-read",
  "media",
  "geolocation",
  "notifications",
  "midi",
  "midiSysex",
  "pointerLock",
  "fullscreen",
  "openExternal",
  "window-management",
  "fileSystem",
  "hid",
  "usb",
  "serial",
  "storage-access",
  "idle-detection",
  "display-capture",
  "unknown",
  "something-new",
])("denies %s even to our own page", (permission) => {
  expect(isPermissionGranted({ permission, ...ours })).toBe(false);
});

it.each(["https://evil.example/", "app://reelbench@evil.example/", "app://evil/", "about:blank", "", "file:///x"])(
  "grants nothing to %j",
  (url) => {
    expect(isPermissionGranted({ permission: "clipboard-sanitized-write", url, isMainFrame: true })).toBe(false);
  },
);

it("grants nothing to frames inside our page", () => {
  expect(isPermissionGranted({ permission: "clipboard-sanitized-write", url: ours.url, isMainFrame: false })).toBe(
    false,
  );
});
