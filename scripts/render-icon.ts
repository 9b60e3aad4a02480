/**
 * Renders build/icon.svg as the PNG that the packager makes every platform's icons of, and gives the interface its copy. Run it
 * when the drawing changes.
 */
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { say } from "./say.ts";
import { findChromium } from "./test/chromium.ts";

const folder = fileURLToPath(new URL("../build/", import.meta.url));
const size = 512;
const executablePath = findChromium(say);
if (executablePath === null) process.exit(69);

const browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
try {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  const drawing = readFileSync(join(folder, "icon.svg"), "utf8");
  await page.setContent(`<style>body{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${drawing}`);
  await page.screenshot({ path: join(folder, "icon.png"), omitBackground: true });
  copyFileSync(join(folder, "icon.svg"), join(folder, "../app/renderer/public/icon.svg"));
} finally {
  await browser.close();
}
