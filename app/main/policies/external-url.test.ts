import { expect, it } from "vitest";
import { externalUrl } from "./external-url.ts";

it.each([
  ["https://example.org/a?b=c#d", "https://example.org/a?b=c#d"],
  ["HTTPS://Example.org", "https://example.org/"],
  ["mailto:someone@example.org?subject=Hello&body=x", "mailto:someone@example.org?subject=Hello&body=x"],
])("hands out %s", (given, expected) => {
  expect(externalUrl(given)).toBe(expected);
});

it.each([
  "http://example.org/",
  "https://user:password@example.org/",
  "https://user@example.org/",
  "https://app:reelbench@evil.example/",
  "https://",
  "https:\\\\example.org",
  "https://example.org/\u0000",
  "https://exam\tple.org/",
  "mailto:?attach=/etc/passwd",
  "mailto:someone@example.org?attachment=/etc/passwd",
  "mailto:someone@example.org?ATTACH=/etc/passwd",
  "mailto:",
  "javascript:alert(1)",
  "data:text/html,x",
  "file:///etc/passwd",
  "\\\\server\\share",
  "//server/share",
  "vscode://open?file=x",
  "not a url",
  "",
  // Longer than any address a person could have meant.
  `https://example.org/${"x".repeat(2048)}`,
])("keeps %.60j inside", (url) => {
  expect(externalUrl(url)).toBeNull();
});
