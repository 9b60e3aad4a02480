import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answerAppRequest, bundleFile } from "./app-files.ts";

let folder: string;
let bundle: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "reelbench-app-files-"));
  bundle = join(folder, "renderer");
  mkdirSync(join(bundle, "assets"), { recursive: true });
  writeFileSync(join(bundle, "index.html"), "<!doctype html>page");
  writeFileSync(join(bundle, "assets", "index-1.js"), "script");
  writeFileSync(join(folder, "secret.json"), "secret");
  mkdirSync(join(folder, "renderer-other"));
  writeFileSync(join(folder, "renderer-other", "secret.json"), "secret");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const get = (url: string) => answerAppRequest({ method: "GET", url }, bundle);

describe("an address of the interface", () => {
  it("means its one page for every place without an extension", async () => {
    for (const url of ["app://reelbench/", "app://reelbench/train", "app://reelbench/data/s1?tab=profile#top"]) {
      const answer = await get(url);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
      expect(await answer.text()).toBe("<!doctype html>page");
    }
  });

  it("means a file for assets", async () => {
    const answer = await get("app://reelbench/assets/index-1.js?x=1");
    expect(answer.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect(await answer.text()).toBe("script");
  });

  it.each([
    "app://reelbench/../secret.json",
    "app://reelbench/%2e%2e/secret.json",
    "app://reelbench/%2E%2E%2Fsecret.json",
    "app://reelbench/assets/..%2f..%2fsecret.json",
    "app://reelbench/..%5csecret.json",
    "app://reelbench/%252e%252e/secret.json",
    "app://reelbench/../renderer-other/secret.json",
    "app://reelbench//etc/passwd.json",
    "app://reelbench/C:/secret.json",
    "app://reelbench/index.html%00.js",
    "app://reelbench/%E0%A4%A.json",
    "app://evil/index.html",
    "app://reelbench@evil/index.html",
    "file:///etc/hosts.txt",
    "app://reelbench/missing.js",
    "app://reelbench/assets.unknown",
  ])("never leaves the bundle: %s", async (url) => {
    const file = bundleFile(url, bundle);
    expect(file === null || file.startsWith(join(bundle, "/"))).toBe(true);
    const answer = await get(url);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toBe("");
  });

  it("answers reading only", async () => {
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      expect((await answerAppRequest({ method, url: "app://reelbench/" }, bundle)).status).toBe(405);
    }
    const head = await answerAppRequest({ method: "HEAD", url: "app://reelbench/" }, bundle);
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });
});

it("sends a strict policy with everything, refusals too", async () => {
  for (const url of ["app://reelbench/", "app://reelbench/assets/index-1.js", "app://reelbench/missing.js"]) {
    const { headers } = await get(url);
    const policy = new Map(
      (headers.get("content-security-policy") ?? "").split("; ").map((rule) => {
        const [name = "", ...sources] = rule.split(" ");
        return [name, sources] as const;
      }),
    );
    expect(policy.get("default-src")).toEqual(["'none'"]);
    expect(policy.get("script-src")).toEqual(["'self'"]);
    expect(policy.get("connect-src")).toEqual(["'self'"]);
    expect(policy.get("frame-ancestors")).toEqual(["'none'"]);
    for (const [name, sources] of policy) {
      expect(sources.some((source) => source.includes("*") || source.startsWith("http"))).toBe(false);
      expect(sources).not.toContain("'unsafe-eval'");
      if (name !== "style-src") expect(sources).not.toContain("'unsafe-inline'");
    }
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  }
});
