import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { accessibilityViolations } from "./accessibility.ts";
import { screenshots, temporaryFolder } from "./workbench.ts";
import type { Workbench } from "./workbench.ts";

const start = Date.UTC(2021, 0, 1) / 1000 + 11;
const people = Array.from({ length: 60 }, (_, who) =>
  Array.from({ length: 12 }, (__, n) => [
    `p${String(who)}`,
    `f${String((who * 5 + n * 7) % 50)}`,
    String(1 + ((who + n * 3) % 5)),
    String(start + (who * 12 + n) * 50_000),
  ]),
).flat();
/** Somebody who says 5 to everything, four ratings of nobody's, and a film rated twice. */
const odd = [
  ...Array.from({ length: 25 }, (_, n) => ["fan", `f${String(n)}`, "5", String(start + n * 90_000)]),
  ["p1", people[12]?.[1] ?? "", "1", String(start + 90_000_000)],
];
const broken = [
  ["p2", "f1", "superb", String(start)],
  ["p3", "f1", "4", "yesterday"],
  ["", "f1", "4", String(start)],
];
const records = [...people, ...odd, ...broken];

/**
 * Ratings whose columns nobody could guess, with oddities and mistakes: mapped by hand, tried, imported, cleaned by a recipe that is
 * changed and taken back, examined, and followed from numbers to their rows.
 */
export async function workOnData({ page, complaints }: Workbench, journey: string): Promise<void> {
  page.setDefaultTimeout(120_000);
  const keep = screenshots(journey, page);
  const violations: string[] = [];
  const shot = async (name: string) => {
    await keep(name);
    violations.push(...(await accessibilityViolations(page, name)));
  };
  const files = temporaryFolder("data");
  try {
    const path = join(files.path, "marks.csv");
    writeFileSync(path, `${[["aa", "bb", "cc", "dd"], ...records].map((fields) => fields.join(",")).join("\n")}\n`);
    writeFileSync(join(files.path, "users.csv"), "userId,plan\nfan,paid\np1,free\np2,free\n");
    writeFileSync(join(files.path, "tags.csv"), "userId,movieId,tag\np1,f0,Dark\np1,f1,dark\np2,f2,dark\n");
    writeFileSync(join(files.path, "links.csv"), "movieId,imdbId\n");
    await page.getByRole("heading", { name: "Home", exact: true }).waitFor();
    await goTo(page, "Data");
    await page.getByRole("link", { name: "Import ratings" }).first().click();
    await page.getByLabel("File of ratings").fill(path);
    await page.keyboard.press("Enter");
    await mapColumns(page);
    await shot("mapped");
    await tryImport(page);
    await shot("tried");
    await page.getByRole("button", { name: "Import", exact: true }).click();
    await page.getByText(/749 records read: 746 accepted, 3 rejected\./).waitFor();
    await page.getByRole("link", { name: "Make a snapshot" }).click();
    await writeRecipe(page, shot);
    await page.getByRole("button", { name: "Create snapshot" }).click();
    await page.waitForURL(/#\/data\/snapshots\//);
    await drillDown(page, shot);
    await page.getByRole("tab", { name: "Recipe" }).click();
    await page.getByRole("link", { name: "Edit recipe as new" }).click();
    await page.getByRole("listitem", { name: "Step 1: Settle duplicates" }).waitFor();
    await shot("recipe-as-new");
    await page.setViewportSize({ width: 900, height: 800 });
    await shot("recipe-narrow");
    expect(complaints).toEqual([]);
    expect(violations).toEqual([]);
  } finally {
    files.remove();
  }
}

const goTo = (page: Page, screen: string) =>
  page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: screen, exact: true }).click();

async function mapColumns(page: Page): Promise<void> {
  for (const [column, meaning] of [
    ["aa", "User"],
    ["bb", "Film"],
    ["cc", "Rating"],
    ["dd", "Time"],
  ] as const) {
    const field = page.getByRole("combobox", { name: `Meaning of column ${column}` });
    await field.waitFor();
    if ((await field.inputValue()) === meaning) continue;
    await field.click();
    await page.getByRole("option", { name: meaning, exact: true }).click();
  }
  // Said of the head of the file at once, before anything is read whole.
  await page.getByText(/^Beside the ratings, and not read: links\.csv/).waitFor();
  expect(await page.getByLabel("File of users").inputValue()).toMatch(/users\.csv$/);
  expect(await page.getByLabel("File of tags").inputValue()).toMatch(/tags\.csv$/);
}

async function tryImport(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Try it first" }).click();
  const outcome = page.getByRole("region", { name: "What the import would have" });
  await outcome.waitFor();
  const examples = outcome.getByRole("table", { name: "Examples of rejected records" });
  await expectText(examples.getByRole("row").filter({ hasText: "superb" }), "748");
  await examples.getByRole("row").filter({ hasText: "yesterday" }).waitFor();
  await outcome.getByText("No user: 1").waitFor();
  // Nothing was stored by it.
  await page.getByRole("button", { name: "Import", exact: true }).waitFor();
}

async function expectText(locator: ReturnType<Page["locator"]>, line: string): Promise<void> {
  await locator.waitFor();
  expect(await locator.getByRole("cell").first().innerText()).toBe(line);
}

async function writeRecipe(page: Page, shot: (name: string) => Promise<void>): Promise<void> {
  const left = page.getByRole("status", { name: "What the recipe leaves" });
  await left.getByText("745 of 746 ratings").waitFor();
  await page.getByRole("button", { name: "Add step" }).click();
  await page.getByRole("menuitem", { name: /^Leave out users/ }).click();
  await page.getByRole("combobox", { name: "Users to leave out" }).fill("fan");
  await page.keyboard.press("Enter");
  const step = page.getByRole("listitem", { name: "Step 1: Leave out users" });
  await step.getByText(/25 removed/).waitFor();
  await left.getByText("720 of 746 ratings").waitFor();
  await shot("recipe");
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("button", { name: "Undo" }).click();
  await left.getByText("745 of 746 ratings").waitFor();
  await page.getByRole("button", { name: "Redo" }).click();
  await page.getByRole("button", { name: "Redo" }).click();
  await left.getByText("720 of 746 ratings").waitFor();
  // The one who says 5 to everything is looked at, so back once more.
  await page.getByRole("button", { name: "Remove step 1" }).click();
  await left.getByText("745 of 746 ratings").waitFor();
}

async function drillDown(page: Page, shot: (name: string) => Promise<void>): Promise<void> {
  await page.getByRole("heading", { name: "Ratings given" }).waitFor();
  await shot("profile");
  await page.getByRole("tab", { name: "Quality" }).click();
  const findings = page.getByRole("table", { name: "Data quality" });
  await findings.waitFor();
  await shot("quality");
  await findings.getByRole("link", { name: "Users who always give the same rating: show 1 user" }).click();
  const users = page.getByRole("table", { name: "Users of the snapshot" });
  await users.getByRole("cell", { name: "fan", exact: true }).waitFor();
  await users.getByRole("cell", { name: "plan: paid", exact: true }).waitFor();
  await shot("users");
  await users.getByRole("link", { name: "Show the 25 ratings of fan" }).click();
  await page.getByText("Rows 1 to", { exact: false }).filter({ hasText: "of 25" }).waitFor();
  await shot("rows");
  await page.getByRole("button", { name: "Not only of user fan" }).click();
  await page.getByText("of 745", { exact: false }).first().waitFor();
}
