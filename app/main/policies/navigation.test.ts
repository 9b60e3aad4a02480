import { describe, expect, it } from "vitest";
import { decideNavigation, decideWindowOpen, isDownloadAllowed, isRequestAllowed } from "./navigation.ts";

/** Addresses that look like ours to a careless check, or that a system would open with something dangerous. */
const attacks = [
  "https://evil.example/?next=app://reelbench/",
  "https://evil.example/#app://reelbench/",
  "https://app:reelbench@evil.example/",
  "https://user@evil.example/",
  "http://app.reelbench/",
  "http://example.org/",
  "app://evil/",
  "app://reelbench.evil.example/",
  "app://reelbench@evil.example/",
  "app://user:password@reelbench/",
  "app://reelbench:8080/",
  "app://reelbench",
  "app://reelbench\\@evil.example/",
  "app:reelbench/",
  "app:///reelbench/",
  "APP://reelbench/",
  "app://REELBENCH/",
  " app://reelbench/",
  "app://reelbench/\n//evil.example",
  "app://reelbench/..\\..\\secret",
  "javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  "java\nscript:alert(1)",
  "data:text/html,<script>alert(1)</script>",
  "data:image/svg+xml,<svg onload=alert(1)>",
  "blob:https://evil.example/5",
  "blob:app://reelbench/5",
  "file:///etc/passwd",
  "file://server/share/x",
  "\\\\server\\share\\x.exe",
  "//server/share",
  "view-source:app://reelbench/",
  "chrome://settings",
  "devtools://devtools/bundled/inspector.html",
  "about:blank",
  "about:srcdoc",
  "ftp://example.org/x",
  "smb://server/share",
  "ms-msdt:/id PCWDiagnostic",
  "search-ms:query=x&crumb=location:\\\\evil.example\\share",
  "vbscript:msgbox(1)",
  "filesystem:app://reelbench/temporary/x.html",
  "",
];

describe("navigation of a window", () => {
  it.each(["app://reelbench/", "app://reelbench/train?run=r1#curve", "app://reelbench/assets/index-3f.js"])(
    "stays on %s",
    (url) => {
      expect(decideNavigation({ url, isMainFrame: true })).toEqual({ kind: "stay" });
    },
  );

  it.each(attacks)("never moves to %j", (url) => {
    expect(decideNavigation({ url, isMainFrame: true }).kind).not.toBe("stay");
    expect(decideNavigation({ url, isMainFrame: false })).toEqual({ kind: "deny" });
  });

  it("hands plain https to the system instead of going there", () => {
    const url = "https://example.org/paper.pdf";
    expect(decideNavigation({ url, isMainFrame: true })).toEqual({ kind: "hand-out", url });
    expect(decideWindowOpen(url)).toEqual({ kind: "hand-out", url });
  });

  it("lets no frame inside a page go anywhere, not even to our own page", () => {
    expect(decideNavigation({ url: "app://reelbench/", isMainFrame: false })).toEqual({ kind: "deny" });
  });
});

it("never opens a window of ours, whatever the address", () => {
  for (const url of [...attacks, "app://reelbench/"]) {
    const decision = decideWindowOpen(url);
    expect(decision.kind === "deny" || decision.url.startsWith("https://")).toBe(true);
  }
});

it("loads nothing from the network", () => {
  const loadable = [...attacks, "https://example.org/x.js", "ws://127.0.0.1:1/"].filter(isRequestAllowed);
  // Images and files the interface made itself, in memory.
  expect(loadable).toEqual(["data:image/svg+xml,<svg onload=alert(1)>", "blob:app://reelbench/5"]);
  expect(isRequestAllowed("app://reelbench/assets/index.css")).toBe(true);
});

it("downloads only what the interface made itself", () => {
  expect([...attacks, "app://reelbench/index.html", "https://example.org/x.csv"].filter(isDownloadAllowed)).toEqual([
    "blob:app://reelbench/5",
  ]);
});
