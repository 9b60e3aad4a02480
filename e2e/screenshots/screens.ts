/** Every view of the workbench that is shown, and where it lies in each of the workspaces. */
import type { Page } from "playwright-core";
import type { Transport } from "../../core/contract/transport.ts";
import { clubSnapshot, messyRatings, notRatings } from "./workspaces.ts";
import type { WorkspaceName } from "./workspaces.ts";

/** What stands in a workspace, by which views are addressed. What is missing is an id that nobody has. */
export interface Known {
  readonly workspace: WorkspaceName;
  readonly snapshot: string;
  /** One whose users have attributes and whose films have tags; absent: none has. */
  readonly club?: string | undefined;
  /** Finished runs on it, judged by attributes of its users. */
  readonly clubRuns?: readonly string[] | undefined;
  readonly split: string;
  /** The last finished runs of the split; in the broken workspace, of two splits. */
  readonly runs: readonly string[];
  /** One of them whose model has factors of films; absent: none has. */
  readonly factors?: string | undefined;
  readonly search: string;
  readonly models: readonly string[];
  readonly target: string;
  readonly user: string;
  readonly films: readonly string[];
  readonly files: string;
  /** A bundled server was started against the target, and what becomes of it matters to nobody else. */
  readonly served?: boolean;
}

interface View {
  readonly screen: string;
  readonly name: string;
  /** The address after #; null: there is nothing to show in this workspace. */
  readonly address: (known: Known) => string | null;
  /** What a person would press before the picture is worth one. */
  readonly prepare?: (page: Page, known: Known) => Promise<void>;
}

const nobody = "nobody";

/** The map is laid out when it is first looked at. In the broken workspace there is none to wait for. */
const mapDrawn = async (page: Page, { workspace, factors }: Known) => {
  if (workspace === "empty" || workspace === "error" || factors === undefined) return;
  await page.getByRole("button", { name: /^Map of films, PCA: / }).waitFor({ timeout: 120_000 });
};

export async function lookAround(transport: Transport, workspace: WorkspaceName, files: string): Promise<Known> {
  const snapshots = await transport.request("snapshots.list", {});
  const snapshot = snapshots.reduce(
    (most, each) => (most === null || each.ratings > most.ratings ? each : most),
    null as (typeof snapshots)[number] | null,
  );
  const all = (await transport.request("runs.list", {})).filter(
    ({ state, refitOf }) => state === "succeeded" && refitOf === null,
  );
  const split = all[0]?.splitId ?? nobody;
  const runs = (workspace === "error" ? all : all.filter(({ splitId }) => splitId === split)).slice(0, 4);
  const club = snapshots.find(({ name }) => name === clubSnapshot)?.id;
  const [search] = await transport.request("searches.list", {});
  const models = await transport.request("models.list", {});
  const targets = await transport.request("targets.list", {});
  const ofSnapshot = snapshot === null || workspace === "error" ? null : { snapshotId: snapshot.id };
  const users = ofSnapshot === null ? [] : await transport.request("users.search", { ...ofSnapshot, limit: 1 });
  const films = ofSnapshot === null ? [] : await transport.request("items.search", { ...ofSnapshot, limit: 5 });
  return {
    workspace,
    snapshot: snapshot?.id ?? nobody,
    club,
    clubRuns: club === undefined ? [] : all.filter(({ snapshotId }) => snapshotId === club).map(({ id }) => id),
    split,
    runs: runs.map(({ id }) => id),
    factors: all.find(({ algorithm }) => algorithm === "ials" || algorithm === "biased-svd" || algorithm === "puresvd")
      ?.id,
    search: search?.id ?? nobody,
    models: models.map(({ version }) => version.id),
    target: (targets.find(({ kind }) => kind === "production") ?? targets[0])?.id ?? nobody,
    user: users[0]?.userId ?? "1",
    films: films.map(({ itemId }) => itemId),
    files,
  };
}

/** As the router writes what a link carries: text as it is, everything else as JSON. */
function at(path: string, search: Readonly<Record<string, unknown>> = {}): string {
  const given = Object.entries(search).filter(([, value]) => value !== undefined);
  const words = given.map(
    ([name, value]) => `${name}=${encodeURIComponent(typeof value === "string" ? value : JSON.stringify(value))}`,
  );
  return words.length === 0 ? path : `${path}?${words.join("&")}`;
}

const always =
  (path: string, search: Readonly<Record<string, unknown>> = {}) =>
  () =>
    at(path, search);
const filled = (address: (known: Known) => string) => (known: Known) =>
  known.workspace === "empty" ? null : address(known);
const press = (name: string | RegExp) => (page: Page) => page.getByRole("button", { name }).first().click();
const card = (page: Page) => page.getByRole("region", { name: "Bundled server" });

/** The bundled server's process, another than the one before. */
async function serverProcess(page: Page, before = 0): Promise<number> {
  await card(page)
    .getByText(/^process \d+$/)
    .filter({ hasNotText: `process ${String(before)}` })
    .waitFor();
  return Number(
    (
      await card(page)
        .getByText(/^process \d+$/)
        .innerText()
    ).slice("process ".length),
  );
}

const fileOf = ({ workspace, files }: Known) => (workspace === "error" ? notRatings(files) : messyRatings(files));

export const snapshotTabs = ["profile", "quality", "users", "tables", "rows", "recipe", "changes", "lineage"];
export const compareTabs = ["verdict", "metrics", "curves", "parameters", "errors", "users", "trade", "settings"];
export const modelTabs = ["card", "lineage", "bundle", "publications"];
export const settingsTabs = ["appearance", "limits", "keyboard", "logs", "about"];

/** What the bundled server's card says of it. */
const serverViews: readonly View[] = [
  { name: "stopped", prepare: press("Stop server"), says: "Stopped" },
  {
    name: "starting",
    prepare: async (page: Page) => {
      await press("Stop server")(page);
      await press("Start server")(page);
    },
    says: "Starting",
  },
  {
    name: "waiting",
    prepare: async (page: Page) => {
      // The pauses double: the fourth is long enough to be looked at.
      for (let [end, pid] = [0, 0]; end < 4; end++) {
        pid = await serverProcess(page, pid);
        process.kill(pid, "SIGKILL");
      }
    },
    says: "Waits to start again",
  },
  {
    name: "silent",
    prepare: async (page: Page) => void process.kill(await serverProcess(page), "SIGSTOP"),
    says: "Not answering",
  },
].map(({ name, prepare, says }) => ({
  screen: "publish",
  name: `server-${name}`,
  address: ({ served, target }: Known) => (served === true ? at("/publish", { target }) : null),
  prepare: async (page: Page) => {
    const server = card(page);
    const started = server.getByRole("button", { name: /^(Start server|Start it now|Restart server)$/ });
    await server.getByText(/^(Stopped|Running|Waits to start again|Not answering)$/).waitFor();
    if (await started.isVisible()) await started.click();
    await server.getByText("Running", { exact: true }).waitFor();
    await prepare(page);
    await server.getByText(says, { exact: true }).waitFor();
  },
}));

export const views: readonly View[] = [
  { screen: "home", name: "home", address: always("/") },
  { screen: "home", name: "jobs", address: always("/"), prepare: press(/^Jobs/) },
  { screen: "data", name: "sources", address: always("/data") },
  {
    screen: "data",
    name: "rejected-rows",
    address: ({ workspace }) => (workspace === "sample" ? at("/data") : null),
    prepare: press(/^Show .* rejected rows/),
  },
  { screen: "data", name: "import", address: always("/data/import") },
  {
    screen: "data",
    name: "import-tried",
    address: filled((known) => at("/data/import", { path: fileOf(known) })),
    prepare: async (page, { workspace }) => {
      if (workspace === "error") return;
      await press("Try it first")(page);
      await page.getByRole("heading", { name: "What the import would have" }).waitFor({ timeout: 60_000 });
    },
  },
  { screen: "data", name: "import-postgres", address: always("/data/import", { from: "postgres" }) },
  { screen: "data", name: "new-snapshot", address: always("/data/new-snapshot") },
  ...snapshotTabs.map((tab) => ({
    screen: "data",
    name: `snapshot-${tab}`,
    address: filled(({ snapshot }) => at(`/data/snapshots/${snapshot}`, { tab })),
  })),
  ...(["users", "items"] as const).map((list) => ({
    screen: "data",
    name: `attributes-${list}`,
    address: ({ club }: Known) => (club === undefined ? null : at(`/data/snapshots/${club}`, { tab: "tables", list })),
  })),
  {
    screen: "data",
    name: "genres",
    address: filled(({ snapshot }) => at(`/data/snapshots/${snapshot}`, { tab: "tables", list: "genres" })),
  },
  { screen: "train", name: "train", address: ({ split }) => at("/train", split === nobody ? {} : { split }) },
  {
    screen: "train",
    name: "search-form",
    address: filled(({ split }) => at("/train", { split, mode: "search" })),
  },
  {
    screen: "train",
    name: "search",
    address: ({ search, workspace }) =>
      search === nobody && workspace !== "error" ? null : at(`/train/searches/${search}`),
  },
  { screen: "compare", name: "runs", address: always("/compare") },
  ...compareTabs.map((tab) => ({
    screen: "compare",
    name: tab,
    address: filled(({ runs }) => at("/compare", { run: runs, tab })),
  })),
  {
    screen: "compare",
    name: "errors-attributes",
    address: ({ clubRuns = [] }) => (clubRuns.length === 0 ? null : at("/compare", { run: clubRuns, tab: "errors" })),
    prepare: (page) => page.getByText("Users by attribute", { exact: true }).click(),
  },
  {
    screen: "compare",
    name: "run-attributes",
    address: ({ clubRuns: [run] = [] }) => (run === undefined ? null : at("/compare", { open: run })),
    prepare: (page) => page.getByRole("table", { name: "Users by age", exact: true }).scrollIntoViewIfNeeded(),
  },
  {
    screen: "compare",
    name: "open-run",
    address: filled(({ runs: [run = nobody] }) => at("/compare", { open: run })),
  },
  {
    screen: "recommendations",
    name: "user",
    address: ({ user, workspace }) => at("/recommendations", workspace === "empty" ? {} : { user }),
  },
  {
    screen: "recommendations",
    name: "what-if",
    address: filled(({ films }) =>
      at("/recommendations", { mode: "person", ratings: films.map((film, n) => [film, 5 - (n % 3)]) }),
    ),
  },
  {
    screen: "recommendations",
    name: "map",
    address: ({ factors }) => at("/recommendations/map", { run: factors }),
    prepare: mapDrawn,
  },
  {
    screen: "recommendations",
    name: "map-selected",
    address: filled(({ factors, films }) =>
      at("/recommendations/map", { run: factors, colour: "popularity", film: films[0], near: 25 }),
    ),
    prepare: mapDrawn,
  },
  { screen: "models", name: "models", address: always("/models") },
  { screen: "models", name: "candidates", address: always("/models", { show: "candidates" }) },
  ...modelTabs.map((tab) => ({
    screen: "models",
    name: `model-${tab}`,
    address: filled(({ models: [model = nobody] }) => at(`/models/${model}`, { tab })),
  })),
  {
    screen: "models",
    name: "compared",
    address: ({ models: [one, other], workspace }) =>
      workspace === "error"
        ? at("/models/compare", { model: [one ?? nobody, nobody] })
        : one === undefined || other === undefined
          ? null
          : at("/models/compare", { model: [one, other] }),
  },
  { screen: "publish", name: "publish", address: ({ target }) => at("/publish", { target }) },
  {
    screen: "publish",
    name: "target-menu",
    address: ({ target, workspace }) => (workspace === "sample" ? at("/publish", { target }) : null),
    prepare: async (page) => {
      await press(/^Actions for target /)(page);
      await page.getByRole("menuitem").first().waitFor();
    },
  },
  {
    screen: "publish",
    name: "publish-failed",
    address: ({ workspace, target, runs: [run = nobody] }) =>
      workspace === "error" ? at("/publish", { target, run }) : null,
    prepare: async (page) => {
      await page.getByRole("button", { name: "Publish", exact: true }).click();
      await page.getByRole("region", { name: "Publish a model" }).getByRole("alert").waitFor({ timeout: 60_000 });
    },
  },
  ...serverViews,
  ...settingsTabs.map((section) => ({
    screen: "settings",
    name: section,
    address: ({ workspace }: Known) =>
      at("/settings", { section, ...(section === "logs" && workspace === "error" ? { level: "warn" } : {}) }),
  })),
  { screen: "settings", name: "help", address: always("/help") },
  { screen: "settings", name: "help-metric", address: always("/help", { metric: "ndcg@10" }) },
];
