import type { Hand, Task } from "./hand.ts";

async function choose(hand: Hand, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const row = hand.page.getByRole("row").filter({ hasText: name }).first();
    await hand.click(row.getByRole("checkbox"), `the box of ${name}`);
  }
}

const screen = (hand: Hand, name: string) =>
  hand.click(hand.page.getByRole("navigation", { name: "Main" }).getByRole("link", { name, exact: true }), name);
const tab = (hand: Hand, name: string) => hand.click(hand.page.getByRole("tab", { name, exact: true }), name);

/** Each from the list of runs (Compare), as it opens. */
export const ourTasks: Readonly<Record<number, Task>> = {
  1: async (hand) => {
    const { page } = hand;
    await hand.click(page.getByPlaceholder("All splits"), "All splits");
    await hand.click(
      page.getByRole("option").filter({ hasText: "Sample" }).filter({ hasNotText: "20-core" }).first(),
      "the split of Sample",
    );
    await hand.click(page.getByRole("columnheader", { name: "NDCG@10" }).getByRole("button").first(), "NDCG@10");
  },
  2: async (hand) => {
    await choose(hand, ["svd 8", "svd 32"]);
    await tab(hand, "Parameters");
  },
  3: async (hand) => {
    await choose(hand, ["svd 8", "svd 16", "svd 32"]);
    await tab(hand, "Learning curves");
    await hand.click(hand.page.getByRole("button", { name: "Log y axis: Learning curves" }), "log y");
  },
  4: (hand) => choose(hand, ["ials 16", "svd 32"]),
  5: async (hand) => {
    await choose(hand, ["ials 16", "svd 32"]);
    await hand.click(hand.page.getByRole("button", { name: "Copy all as" }), "Copy all as");
    await hand.click(hand.page.getByRole("menuitem", { name: "CSV" }), "CSV");
  },
  6: async (hand) => {
    await screen(hand, "Publish");
    await hand.click(hand.page.getByRole("link", { name: "the run behind it" }), "the run behind it");
  },
  7: async (hand) => {
    await choose(hand, ["ials 16", "svd 32"]);
    await tab(hand, "Where it errs");
  },
  9: async (hand) => {
    const { page } = hand;
    await choose(hand, ["ials 16"]);
    await hand.click(page.getByRole("link", { name: "Change and train" }), "Change and train");
    // Its first setting is chosen already: what is typed replaces it.
    await page.getByRole("textbox", { name: "Factors" }).and(page.locator(":focus")).waitFor();
    await hand.type("24", "24 (factors)");
    await hand.click(page.getByRole("button", { name: "Train", exact: true }), "Train");
    await page.getByText("1 training queued.").waitFor();
  },
  10: async (hand) => {
    await choose(hand, ["ials 16", "svd 32"]);
    await hand.click(hand.page.getByRole("button", { name: "Copy link" }), "Copy link");
    await hand.page.getByText("The link to this view was copied.").waitFor();
  },
  8: async (hand) => {
    await screen(hand, "Publish");
    await hand.click(hand.page.getByRole("button", { name: /^Roll back to/u }), "Roll back to …");
    await hand.click(
      hand.page.getByRole("dialog").getByRole("button", { name: "Roll back", exact: true }),
      "Roll back",
    );
  },
};
