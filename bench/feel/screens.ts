/** Every screen opened one after the other, and used where something heavy answers. */
import { views } from "../../e2e/screenshots/screens.ts";
import type { Session } from "./session.ts";

const isLoading = `document.querySelector("[role=progressbar][aria-label=Loading], main [aria-busy=true]") !== null`;

export async function openEveryScreen({ page, known, go, during }: Session, wanted: RegExp): Promise<void> {
  for (const { screen, name, address } of views) {
    const [what, where] = [`${screen}/${name}`, address(known)];
    if (where === null || !wanted.test(what)) continue;
    await during(
      what,
      () => go(where),
      async () => {
        // Until then it may not have begun to load.
        await page.waitForTimeout(250);
        while (await page.evaluate<boolean>(isLoading)) await page.waitForTimeout(60);
      },
    );
  }
}

export async function useCompare({ page, show, during }: Session): Promise<void> {
  await show("/compare");
  const table = page.locator('table[aria-label="Runs"]');
  const rows = table.locator("tbody tr[aria-rowindex]");
  await during("compare, sorted", () => table.locator("th button", { hasText: "NDCG@10" }).click());
  await during("compare, scrolled", async () => {
    await rows.first().hover();
    for (let step = 0; step < 20; step++) await page.mouse.wheel(0, 300);
  });
  await during("compare, searched", () => page.locator('[aria-label="Search runs"]').fill("algorithm = puresvd"));
  await during("compare, a run chosen", () => rows.first().locator("input").click());
  await during("compare, a second run chosen", () => rows.nth(1).locator("input").click());
  for (const name of ["Metrics", "Learning curves", "Where it errs", "User by user", "Trade-offs", "Settings"])
    await during(`compare, ${name} clicked`, () => page.locator('[role="tab"]', { hasText: name }).first().click());
}

export async function useTrain({ page, known, show, during }: Session): Promise<void> {
  await show(`/train?split=${known.split}`);
  const rows = page.locator('table[aria-label="Runs on this split"] tbody tr');
  await during("train, runs scrolled", async () => {
    await rows.first().hover();
    for (let step = 0; step < 20; step++) await page.mouse.wheel(0, 300);
  });
}

export async function useMap({ page, known, go, during }: Session): Promise<void> {
  if (known.factors === undefined) return;
  await go(`/recommendations/map?run=${known.factors}`);
  const map = page.locator('button[aria-roledescription="map"]');
  await map.waitFor();
  await page.waitForTimeout(1500);
  const box = await map.boundingBox();
  if (box === null) throw new Error("The map is not there.");
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await during("map, lassoed", async () => {
    await page.locator("label", { hasText: "Lasso" }).click();
    await page.mouse.move(x + 120, y);
    await page.mouse.down();
    for (let turn = 1; turn <= 40; turn++)
      await page.mouse.move(x + 120 * Math.cos(turn / 6.4), y + 120 * Math.sin(turn / 6.4));
    await page.mouse.up();
    await page.locator("#chosen-films").waitFor();
  });
  await during("map, coloured by ratings", () => page.locator("label", { hasText: "Ratings" }).click());
  await during("map, as a table", () => page.locator('[aria-label^="Show as a table: Map"]').click());
}

const allCellsThere = `(() => {
  const cells = [...document.querySelectorAll('table[aria-label="Ratings of the snapshot"] tr[aria-rowindex] td:first-child')];
  return cells.length > 0 && cells.every((cell) => cell.textContent !== "…");
})()`;

/** The table of all ratings: scrolled, gone through, sorted and filtered, until the rows asked for stand there. */
export async function useRows({ page, known, show, during }: Session): Promise<void> {
  await show(`/data/snapshots/${known.snapshot}?tab=rows`);
  const table = page.locator('table[aria-label="Ratings of the snapshot"]');
  const rows = table.locator("tbody tr[aria-rowindex]");
  const come = async () => {
    // A cell whose page is asked for holds a dot.
    do await page.waitForTimeout(60);
    while (!(await page.evaluate<boolean>(allCellsThere)));
  };
  const scroll = async () => {
    await rows.first().hover();
    for (let step = 0; step < 40; step++) await page.mouse.wheel(0, 900);
  };
  const goTo = async (row: string) => {
    await page.locator('input[aria-label="Go to row"]').fill(row);
    await page.keyboard.press("Enter");
  };
  const sortBy = (column: string) => table.locator("th button", { hasText: column }).click();
  const filter = async (field: string, id: string) => {
    await page.locator("label", { hasText: field }).first().click();
    await page.keyboard.type(id);
    await page.keyboard.press("Enter");
  };
  await during("rows, scrolled", scroll, come);
  await during("rows, gone to row 20,000,000", () => goTo("20000000"), come);
  await during("rows, sorted by rating", () => sortBy("Rating"), come);
  await during("rows by rating, scrolled", scroll, come);
  await during("rows by rating, gone to row 12,000,000", () => goTo("12000000"), come);
  await during("rows by rating, scrolled there", scroll, come);
  await during("rows, sorted by time", () => sortBy("Time"), come);
  await during("rows by time, gone to row 24,000,000", () => goTo("24000000"), come);
  await during("rows, of a film", () => filter("Film id", known.films[0] ?? "1"), come);
  await during("rows, of a film and a user", () => filter("User", known.user), come);
}
