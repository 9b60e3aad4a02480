import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join, sep } from "node:path";
import pg from "pg";
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { startPostgres } from "./services/start-postgres.ts";
import { accessibilityViolations } from "./workbench/accessibility.ts";
import { chromiumPath, startInBrowser } from "./workbench/in-browser.ts";
import type { BrowserWorkbench } from "./workbench/in-browser.ts";
import { goTo } from "./workbench/main-job.ts";
import { screenshots, temporaryFolder } from "./workbench/workbench.ts";

type Shot = (name: string) => Promise<void>;

async function inWorkbench(journey: string, work: (workbench: BrowserWorkbench, shot: Shot) => Promise<void>) {
  const workbench = await startInBrowser(chromiumPath ?? "");
  const { page, complaints } = workbench;
  page.setDefaultTimeout(90_000);
  const keep = screenshots(journey, page);
  const violations: string[] = [];
  try {
    await page.getByRole("heading", { name: "Home", exact: true }).waitFor();
    await work(workbench, async (name) => {
      await keep(name);
      violations.push(...(await accessibilityViolations(page, name)));
    });
    expect(violations).toEqual([]);
    expect(complaints).toEqual([]);
  } finally {
    await workbench.close();
  }
}

async function beginImport(page: Page): Promise<void> {
  await goTo(page, "Data");
  await page.getByRole("link", { name: "Import ratings" }).first().click();
}

/** From wherever the dialog begins up to the root, and down to the file, as one does who knows where it lies. */
async function browseTo(page: Page, path: string): Promise<void> {
  const dialog = page.getByRole("dialog", { name: "Choose a file on the engine's machine" });
  const up = dialog.getByRole("button", { name: "Up", exact: true });
  await up.waitFor();
  while (await up.isEnabled()) {
    const before = await dialog.innerText();
    await up.click();
    await expect.poll(() => dialog.innerText(), { timeout: 30_000 }).not.toBe(before);
  }
  for (const name of path.split(sep).filter((part) => part !== "")) {
    await dialog.getByRole("textbox", { name: "Filter names" }).fill(name);
    await dialog.getByRole("listitem").filter({ hasText: name }).getByRole("button").first().click();
  }
  await dialog.waitFor({ state: "hidden" });
}

const ratings = (users: number, from: number) =>
  Array.from({ length: users * 10 }, (_, n) => {
    const user = from + Math.floor(n / 10);
    return [user, (user * 3 + (n % 10) * 7) % 60, 1 + ((user + n) % 5), 1_600_000_000 + n * 600] as const;
  });

it.skipIf(chromiumPath === null)("several files, chosen in our own dialog, become sources of one snapshot", () =>
  inWorkbench("data-files", async ({ page }, shot) => {
    const files = temporaryFolder("files");
    try {
      const header = "userId,movieId,rating,timestamp";
      const write = (name: string, lines: readonly (readonly unknown[])[]) => {
        writeFileSync(join(files.path, name), `${[header, ...lines.map((line) => line.join(","))].join("\n")}\n`);
        return join(files.path, name);
      };
      const spring = write("spring.csv", ratings(20, 1));
      const autumn = write("autumn.csv", [...ratings(15, 21), ["9", "", "4", "1600000000"]]);

      await beginImport(page);
      await page.getByRole("button", { name: "Browse…" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Up", exact: true }).waitFor();
      await shot("dialog");
      await browseTo(page, spring);
      await page.getByRole("heading", { name: "How it is read" }).waitFor();
      expect(await page.getByLabel("File of ratings").inputValue()).toBe(spring);
      await page.getByRole("button", { name: "Add another file of ratings…" }).click();
      await page.getByLabel("Another file of ratings").fill(autumn);
      await page.keyboard.press("Enter");
      await page.getByText("read the same way").waitFor();
      await shot("two-files");
      // Changed one's mind, twice.
      await page.getByRole("button", { name: "Leave autumn.csv out" }).click();
      await page.getByText("read the same way").waitFor({ state: "hidden" });
      await page.getByRole("button", { name: "Add another file of ratings…" }).click();
      await page.getByLabel("Another file of ratings").fill(autumn);
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: "Import", exact: true }).click();
      await page.getByText("351 records read: 350 accepted, 1 rejected.").waitFor();
      await shot("imported");
      await page.getByRole("link", { name: "Make a snapshot" }).click();
      await page.getByRole("status", { name: "What the recipe leaves" }).getByText("350 of 350 ratings").waitFor();
      await page.getByRole("button", { name: "Create snapshot" }).click();
      await page.waitForURL(/#\/data\/snapshots\//);
      await page.getByText(/^350 ratings of 35 users on 60 films/).waitFor();
    } finally {
      files.remove();
    }
  }),
);

it.skipIf(chromiumPath === null)(
  "ratings out of a Postgres: refused, asked, fetched, imported, and no password kept",
  async () => {
    const postgres = await startPostgres();
    const password = "Kinosaal-9431";
    try {
      const client = new pg.Client({ connectionString: postgres.url });
      await client.connect();
      await client.query("create table stars (person int, film int, given numeric, at timestamptz)");
      await client.query(
        `insert into stars select * from unnest($1::int[], $2::int[], $3::numeric[], $4::timestamptz[])`,
        [0, 1, 2, 3].map((field) =>
          ratings(30, 1).map((row) => (field === 3 ? new Date(row[3] * 1000).toISOString() : row[field])),
        ),
      );
      await client.query("insert into stars values (7, 8, null, now())");
      await client.query(`create role reader login password '${password}'`);
      await client.query("grant select on stars to reader");
      await client.end();

      await inWorkbench("data-postgres", async ({ page, workspaceDirectory }, shot) => {
        await beginImport(page);
        await page.getByText("A Postgres query").click();
        const address = page.getByLabel("Address of the database");
        const url = new URL(postgres.url);
        [url.username, url.password] = ["reader", "wrong"];
        await address.fill(url.href);
        await page.getByRole("button", { name: "Connect" }).click();
        await page.getByText("There is no connection to the database").waitFor();
        await page
          .getByText("Postgres refused the login: password authentication failed", { exact: false })
          .first()
          .waitFor();
        expect(await page.locator("main").innerText()).not.toContain("wrong@");
        await shot("refused");
        url.password = password;
        await address.fill(url.href);
        await page.getByRole("button", { name: "Connect" }).click();
        await page.getByText(/^Connected to /).waitFor();
        expect(await page.locator("main").innerText()).not.toContain(password);

        const query = page.getByRole("textbox", { name: "Query" });
        await query.fill("delete from stars");
        await page.getByRole("button", { name: "Fetch the rows" }).click();
        await page.getByText("The query was not answered").waitFor();
        await shot("not-answered");
        await query.fill(`select person as "userId", film as "movieId", given as rating, at as timestamp from stars`);
        await page.getByRole("button", { name: "Fetch the rows" }).click();
        await page.getByRole("heading", { name: "How it is read" }).waitFor();
        await shot("fetched");
        await page.getByRole("button", { name: "Import", exact: true }).click();
        await page.getByText("301 records read: 300 accepted, 1 rejected.").waitFor();
        await page.getByRole("link", { name: "Make a snapshot" }).click();
        await page.getByRole("button", { name: "Create snapshot" }).click();
        await page.waitForURL(/#\/data\/snapshots\//);
        await page.getByRole("tab", { name: "Lineage" }).click();
        await page
          .getByText(/from stars/)
          .first()
          .waitFor();
        await shot("lineage");
        expect(await page.locator("main").innerText()).not.toContain(password);
        expect(filesWith(workspaceDirectory, password)).toEqual([]);
      });
    } finally {
      await postgres.stop();
    }
  },
);

function filesWith(directory: string, text: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((entry) => join(directory, entry))
    .filter((path) => statSync(path).isFile() && readFileSync(path).includes(text));
}
